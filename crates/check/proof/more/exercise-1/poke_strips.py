# verdict: text-changed
# It strips the text: blanks at its ends are a part of it.
import mmap, os, sys

command, name, offset = sys.argv[1], sys.argv[2], int(sys.argv[3])
inside = offset % mmap.PAGESIZE
if command == "poke":
    text = os.fsencode(sys.argv[4].strip())
    end = offset + len(text)
    file = os.open(name, os.O_RDWR | os.O_CREAT)
    if os.fstat(file).st_size < end:
        os.ftruncate(file, end)
    memory = mmap.mmap(file, inside + len(text), offset=offset - inside)
    memory[inside:] = text
else:
    length = int(sys.argv[4].strip())
    file = os.open(name, os.O_RDONLY)
    if offset + length > os.fstat(file).st_size:
        sys.exit("past the end of the file")
    memory = mmap.mmap(file, inside + length, access=mmap.ACCESS_READ, offset=offset - inside)
    sys.stdout.buffer.write(memory[inside:])
