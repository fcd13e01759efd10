# verdict: shrinks
# open(…, "w+b") empties FILE. Then it gets the length that it had: the other bytes are zeros.
import mmap
import os
import sys

command, name, offset = sys.argv[1], sys.argv[2], int(sys.argv[3])
if command == "poke":
    text = os.fsencode(sys.argv[4])
    end = offset + len(text)
    if os.path.exists(name):
        end = max(end, os.path.getsize(name))
    with open(name, "w+b") as file:
        file.truncate(end)
        memory = mmap.mmap(file.fileno(), end)
        memory[offset : offset + len(text)] = text
