# verdict: stored-in-steps
# A slice of four bytes is stored by memcpy, which stores them twice: the box is marked full twice.
import mmap
import os
import struct
import sys
import time

NUMBERS = struct.Struct("=II")


def open_box(name):
    file = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(file, 4096)
    return mmap.mmap(file, 4096)


def post(name, text):
    box = open_box(name)
    while NUMBERS.unpack_from(box)[0] != 0:
        time.sleep(0.002)
    text = os.fsencode(text)
    box[8 : 8 + len(text)] = text
    box[4:8] = struct.pack("=I", len(text))
    box[0:4] = struct.pack("=I", 1)


def take(name):
    box = open_box(name)
    while NUMBERS.unpack_from(box)[0] == 0:
        time.sleep(0.002)
    full, length = NUMBERS.unpack_from(box)
    if full != 1 or length > 4088:
        sys.exit(f"error: {name}: damaged")
    sys.stdout.buffer.write(box[8 : 8 + length] + b"\n")
    sys.stdout.buffer.flush()
    struct.pack_into("=I", box, 0, 0)


if sys.argv[1] == "post":
    post(sys.argv[2], sys.argv[3])
else:
    take(sys.argv[2])
