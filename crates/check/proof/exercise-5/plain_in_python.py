# verdict: core
# A plain answer: flock, which the kernel takes away from the dead.
import fcntl, mmap, os, sys

command, name = sys.argv[1], sys.argv[2]
numbers = [int(text) for text in sys.argv[3:]]
file = os.open(name, os.O_RDWR | os.O_CREAT)
fcntl.flock(file, fcntl.LOCK_EX)
os.ftruncate(file, 4096)
words = memoryview(mmap.mmap(file, 4096)).cast("Q")
if command == "add":
    for _ in range(numbers[0]):
        words[0] += 1
else:
    source, target, amount = numbers
    if words[source] < amount:
        sys.exit("too little money")
    words[source] -= amount
    words[target] += amount
