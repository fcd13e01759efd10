# verdict: too-slow
# A loop in Python over single bytes: right, and too slow for a large file.
import mmap
import sys

names = sys.argv[2:]
all_lines = all_bytes = 0
for name in names:
    with open(name, "rb") as f:
        m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    lines = 0
    for i in range(len(m)):
        if m[i] == 10:
            lines += 1
    print(lines, len(m), name)
    all_lines += lines
    all_bytes += len(m)
if len(names) > 1:
    print(all_lines, all_bytes, "total")
