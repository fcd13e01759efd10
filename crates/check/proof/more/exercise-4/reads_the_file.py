# verdict: bytes-not-by-mapping
# The file's own read: nothing is mapped.
import mmap
import os
import sys

name, source, target = sys.argv[2], os.fsencode(sys.argv[3]), os.fsencode(sys.argv[4])
with open(name, "rb") as file:
    sys.stdout.buffer.write(file.read().replace(source, target))
