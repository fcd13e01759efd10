# verdict: said-before-flushing
# All lines, and then one flush for all of them.
import mmap
import os
import sys


def record(name, texts):
    file = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    for text in map(os.fsencode, texts):
        size = os.fstat(file).st_size
        ledger = mmap.mmap(file, size) if size else b""
        free = [at for at in range(0, size, 64) if ledger[at] == 0]
        if not free:
            free = [size]
            os.ftruncate(file, (size // mmap.PAGESIZE + 1) * mmap.PAGESIZE)
            ledger = mmap.mmap(file, 0)
        ledger[free[0] : free[0] + 64] = text.ljust(64, b"\0")
        print("durable", free[0] // 64, flush=True)
    ledger.flush()
    os.fsync(file)


def show(name):
    file = os.open(name, os.O_RDONLY)
    size = os.fstat(file).st_size
    ledger = mmap.mmap(file, 0, prot=mmap.PROT_READ) if size else b""
    for at in range(0, size, 64):
        if ledger[at]:
            print(ledger[at : at + 64].rstrip(b"\0").decode())


if sys.argv[1] == "record":
    record(sys.argv[2], sys.argv[3:])
else:
    show(sys.argv[2])
