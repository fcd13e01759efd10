# verdict: list-wrong
# `list` strips each text: blanks at its ends are a part of it.
import mmap, os, sys

command, name = sys.argv[1], sys.argv[2]
if command == "record":
    file = os.open(name, os.O_RDWR | os.O_CREAT)
    size = os.fstat(file).st_size
    memory = mmap.mmap(file, size) if size else b""
    slot = 0
    for text in sys.argv[3:]:
        while slot * 64 < size and memory[slot * 64]:
            slot += 1
        if slot * 64 >= size:
            size = (size // mmap.PAGESIZE + 1) * mmap.PAGESIZE
            os.ftruncate(file, size)
            memory = mmap.mmap(file, size)
        memory[slot * 64 : slot * 64 + 64] = os.fsencode(text).ljust(64, b"\0")
        memory.flush()
        os.fsync(file)
        print("durable", slot, flush=True)
else:
    file = os.open(name, os.O_RDONLY)
    size = os.fstat(file).st_size
    memory = mmap.mmap(file, size, access=mmap.ACCESS_READ) if size else b""
    for at in range(0, size, 64):
        if memory[at]:
            sys.stdout.buffer.write(memory[at : at + 64].split(b"\0")[0].strip() + b"\n")
