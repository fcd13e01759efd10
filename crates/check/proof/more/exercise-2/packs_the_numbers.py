# verdict: stored-in-steps
# struct.pack_into stores zeros, then the number: `take` marks the box empty twice.
import mmap
import os
import struct
import sys
import time

command, name = sys.argv[1], sys.argv[2]
file = os.open(name, os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 4096)
box = mmap.mmap(file, 4096)


def wait_until(value):
    while (full := struct.unpack_from("=I", box, 0)[0]) != value:
        if full > 1:
            sys.exit("the mailbox is damaged")
        time.sleep(0.001)


if command == "post":
    text = os.fsencode(sys.argv[3])
    wait_until(0)
    box[8 : 8 + len(text)] = text
    struct.pack_into("=I", box, 4, len(text))
    struct.pack_into("=I", box, 0, 1)
else:
    wait_until(1)
    length = struct.unpack_from("=I", box, 4)[0]
    if length > 4088:
        sys.exit("the length is damaged")
    print(os.fsdecode(box[8 : 8 + length]), flush=True)
    struct.pack_into("=I", box, 0, 0)
