# verdict: wrong-count
# A dictionary by name: a FILE that is given twice is counted once.
import mmap, os, sys
counts = {}
for name in sys.argv[2:]:
    with open(name, "rb") as f:
        size = os.fstat(f.fileno()).st_size
        n = 0
        if size:
            with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
                at = m.find(b"\n")
                while at >= 0: n += 1; at = m.find(b"\n", at + 1)
        counts[name] = (n, size)
for name in counts: print(*counts[name], name)
if len(sys.argv) > 3: print(sum(c[0] for c in counts.values()), sum(c[1] for c in counts.values()), "total")
