# verdict: wrong-count
# splitlines: a last line without a newline counts, and so does a carriage return.
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
                for start in range(0, size, 1 << 20):
                    lines += len(text[start : start + (1 << 20)].splitlines())
    print(lines, size, name)
    lines_of_all += lines
    bytes_of_all += size
if len(sys.argv) > 3:
    print(lines_of_all, bytes_of_all, "total")
