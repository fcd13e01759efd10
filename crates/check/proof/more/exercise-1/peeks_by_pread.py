# verdict: bytes-not-by-mapping
# `poke` maps; `peek` is only one call of pread.
import mmap
import os
import sys


def poke(name, offset, text):
    text = os.fsencode(text)
    file = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    if os.fstat(file).st_size < offset + len(text):
        os.ftruncate(file, offset + len(text))
    start = offset // mmap.PAGESIZE * mmap.PAGESIZE
    with mmap.mmap(file, offset - start + len(text), offset=start) as memory:
        memory[offset - start :] = text


def peek(name, offset, length):
    file = os.open(name, os.O_RDONLY)
    if offset + length > os.fstat(file).st_size:
        sys.exit(f"error: {name}: past the end")
    sys.stdout.buffer.write(os.pread(file, length, offset))


if sys.argv[1] == "poke":
    poke(sys.argv[2], int(sys.argv[3]), sys.argv[4])
else:
    peek(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
