# verdict: wrong-output
# print instead of write: a newline too many.
import mmap
import os
import sys

name, source, target = sys.argv[2], os.fsencode(sys.argv[3]), os.fsencode(sys.argv[4])
with open(name, "rb") as file:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as memory:
        at = memory.find(source)
        while at != -1:
            memory[at] = target[0]
            at = memory.find(source, at + 1)
        sys.stdout.buffer.write(memory[:] + b"\n")
