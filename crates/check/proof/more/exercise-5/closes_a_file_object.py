# verdict: record-lock-ended
# A record lock, which ends at the end of the block: the file object of the mapping is closed there.
import fcntl, mmap, os, sys
path = sys.argv[2]
fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
fcntl.lockf(fd, fcntl.LOCK_EX)
if os.fstat(fd).st_size == 0: os.ftruncate(fd, 4096)
with open(path, "r+b") as f:
    m = mmap.mmap(f.fileno(), 4096)
v = memoryview(m).cast("Q")
if sys.argv[1] == "add":
    for i in range(int(sys.argv[3])): v[0] += 1
else:
    a, b, n = map(int, sys.argv[3:6])
    if v[a] < n: sys.exit(1)
    v[a] -= n
    v[b] += n
