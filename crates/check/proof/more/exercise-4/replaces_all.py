# verdict: copied-without-need
# bytes.replace, and all of it stored back: every page is copied.
import mmap
import os
import sys

name, source, target = sys.argv[2], os.fsencode(sys.argv[3]), os.fsencode(sys.argv[4])
with open(name, "rb") as file:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as memory:
        memory[:] = memory[:].replace(source, target)
        sys.stdout.buffer.write(memory)
