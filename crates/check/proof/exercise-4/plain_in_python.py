# verdict: core
# A plain answer: it maps the whole file, privately.
import mmap, os, sys

name, old, new = sys.argv[2], os.fsencode(sys.argv[3]), os.fsencode(sys.argv[4])
file = os.open(name, os.O_RDONLY)
memory = mmap.mmap(file, 0, access=mmap.ACCESS_COPY)
at = memory.find(old)
while at >= 0:
    memory[at : at + 1] = new
    at = memory.find(old, at + 1)
sys.stdout.buffer.write(memory)
