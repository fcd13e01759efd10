# verdict: core
# A plain answer: one file after another, mapped whole, and searched in place.
import mmap, os, sys

all_lines = all_bytes = 0
for name in sys.argv[2:]:
    file = os.open(name, os.O_RDONLY)
    size = os.fstat(file).st_size
    lines = 0
    with mmap.mmap(file, size, access=mmap.ACCESS_READ) as memory:
        at = memory.find(b"\n")
        while at >= 0:
            lines += 1
            at = memory.find(b"\n", at + 1)
    os.close(file)
    print(lines, size, name)
    all_lines += lines
    all_bytes += size
if len(sys.argv) > 3:
    print(all_lines, all_bytes, "total")
