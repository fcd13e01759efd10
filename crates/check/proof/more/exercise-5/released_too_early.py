# verdict: lost-addition
# The lock is released before the stores.
import fcntl
import mmap
import os
import sys

file = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(file, fcntl.LOCK_EX)
os.ftruncate(file, 4096)
bank = memoryview(mmap.mmap(file, 4096)).cast("Q")
fcntl.flock(file, fcntl.LOCK_UN)
numbers = list(map(int, sys.argv[3:]))
if sys.argv[1] == "add":
    for _ in range(numbers[0]):
        bank[0] += 1
else:
    source, target, amount = numbers
    if bank[source] < amount:
        sys.exit("too little")
    bank[source] -= amount
    bank[target] += amount
