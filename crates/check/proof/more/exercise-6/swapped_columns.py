# verdict: wrong-count
# BYTES before LINES.
import mmap
import os
import sys

lines_of_all = bytes_of_all = 0
for name in sys.argv[2:]:
    with open(name, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        lines = 0
        if size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
                at = text.find(b"\n")
                while at != -1:
                    lines += 1
                    at = text.find(b"\n", at + 1)
    print(size, lines, name)
    lines_of_all += lines
    bytes_of_all += size
if len(sys.argv) > 3:
    print(lines_of_all, bytes_of_all, "total")
