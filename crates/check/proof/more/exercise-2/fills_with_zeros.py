# verdict: bytes-not-by-mapping
# A new box is 4096 zeros that are written.
import mmap
import os
import struct
import sys
import time

NUMBERS = struct.Struct("=II")


def open_box(name):
    file = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    if os.fstat(file).st_size == 0:
        os.write(file, bytes(4096))
    return mmap.mmap(file, 4096)


def post(name, text):
    box = open_box(name)
    while NUMBERS.unpack_from(box)[0] != 0:
        time.sleep(0.002)
    text = os.fsencode(text)
    box[8 : 8 + len(text)] = text
    memoryview(box).cast("I")[1] = len(text)
    memoryview(box).cast("I")[0] = 1


def take(name):
    box = open_box(name)
    while NUMBERS.unpack_from(box)[0] == 0:
        time.sleep(0.002)
    full, length = NUMBERS.unpack_from(box)
    if full != 1 or length > 4088:
        sys.exit(f"error: {name}: damaged")
    sys.stdout.buffer.write(box[8 : 8 + length] + b"\n")
    sys.stdout.buffer.flush()
    memoryview(box).cast("I")[0] = 0


if sys.argv[1] == "post":
    post(sys.argv[2], sys.argv[3])
else:
    take(sys.argv[2])
