# verdict: full-trusted
# Looks at one byte of `full`, and so takes 257 for 1.
import mmap
import os
import stat
import sys
import time

SIZE = 4096
LONGEST = 4088
FULL, LENGTH = 0, 1


def fail(sentence):
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(1)


def open_box(name, deadline):
    try:
        if os.path.exists(name) and not os.path.isfile(name):
            fail(f"open {name!r}: not a regular file")
        f = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        size = os.fstat(f).st_size
        if size == 0:
            os.ftruncate(f, SIZE)
        elif size != SIZE:
            fail(f"open {name!r}: {size} bytes instead of {SIZE}")
        return mmap.mmap(f, SIZE)
    except OSError as e:
        fail(f"open {name!r}: {e.strerror}")


def wait_for(words, value, name, deadline):
    while True:
        full = words.obj[0]
        if full > 1:
            fail(f"look at {name!r}: full is {full}")
        if full == value:
            return
        if time.monotonic() > deadline:
            fail(f"wait for {name!r}: no one came")
        time.sleep(0.01)


def post(name, text):
    if len(text) > LONGEST:
        fail(f"post {name!r}: the text is too long")
    deadline = time.monotonic() + 5
    box = open_box(name, deadline)
    words = memoryview(box).cast("I")
    wait_for(words, 0, name, deadline)
    box[8:8 + len(text)] = text
    words[LENGTH] = len(text)
    box[0] = 1


def take(name):
    deadline = time.monotonic() + 5
    box = open_box(name, deadline)
    words = memoryview(box).cast("I")
    wait_for(words, 1, name, deadline)
    length = words[LENGTH]
    if length > LONGEST:
        fail(f"take {name!r}: the length is {length}")
    try:
        os.write(1, box[8:8 + length] + b"\n")
    except OSError as e:
        fail(f"write standard output: {e.strerror}")
    box[0] = 0


if len(sys.argv) == 4 and sys.argv[1] == "post":
    post(sys.argv[2], os.fsencode(sys.argv[3]))
elif len(sys.argv) == 3 and sys.argv[1] == "take":
    take(sys.argv[2])
else:
    print("usage: exercise-2 post FILE TEXT | take FILE", file=sys.stderr)
    sys.exit(2)
