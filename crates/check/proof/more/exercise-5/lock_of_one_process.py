# verdict: lost-addition
# threading.Lock: a lock in the memory of one process.
import mmap
import os
import sys
import threading

file = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT, 0o600)
lock = threading.Lock()
lock.acquire()
os.ftruncate(file, 4096)
bank = memoryview(mmap.mmap(file, 4096)).cast("Q")
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
