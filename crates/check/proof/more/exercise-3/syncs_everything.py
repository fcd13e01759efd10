# verdict: sync-reports-nothing
# Calls sync, which flushes everything and reports no failure.
import mmap
import os
import sys

SLOT = 64


def fail(sentence):
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(1)


def out(line):
    try:
        print(line, flush=True)
    except OSError as e:
        print(f"error: write standard output: {e.strerror}", file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)


def open_ledger(name, flags):
    if os.path.exists(name) and not os.path.isfile(name):
        fail(f"open {name}: not a regular file")
    f = os.open(name, flags)
    size = os.fstat(f).st_size
    if size % SLOT != 0:
        fail(f"open {name}: the size is no multiple of 64")
    return f, size


def record(name, texts):
    for text in texts:
        if not 1 <= len(text) <= 63 or "\n" in text:
            fail(f"record {name}: a text does not fit")
    new = not os.path.exists(name)
    f, size = open_ledger(name, os.O_RDWR | os.O_CREAT)
    if size == 0:
        size = mmap.PAGESIZE
        os.ftruncate(f, size)
    m = mmap.mmap(f, size)
    for text in texts:
        slot = 0
        while slot * SLOT < size and m[slot * SLOT] != 0:
            slot += 1
        if slot * SLOT == size:
            size = (size // mmap.PAGESIZE + 1) * mmap.PAGESIZE
            m.resize(size)
        m[slot * SLOT:slot * SLOT + SLOT] = text.encode().ljust(SLOT, b"\0")
        os.sync()
        if new:
            d = os.open(os.path.dirname(name) or ".", os.O_RDONLY)
            os.fsync(d)
            os.close(d)
        out(f"durable {slot}")


def list_slots(name):
    f, size = open_ledger(name, os.O_RDONLY)
    if size == 0:
        return
    m = mmap.mmap(f, 0, access=mmap.ACCESS_READ)
    for i in range(0, len(m), SLOT):
        if m[i] != 0:
            out(m[i:i + SLOT].rstrip(b"\0").decode())


try:
    if len(sys.argv) >= 4 and sys.argv[1] == "record":
        record(sys.argv[2], sys.argv[3:])
    elif len(sys.argv) == 3 and sys.argv[1] == "list":
        list_slots(sys.argv[2])
    else:
        print("usage: exercise-3 record FILE TEXT... | list FILE", file=sys.stderr)
        sys.exit(2)
except OSError as e:
    fail(e)
