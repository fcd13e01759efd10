# verdict: text-changed
# It strips the text: blanks at its ends are a part of it.
import mmap, os, sys, time

command, name = sys.argv[1], sys.argv[2]
file = os.open(name, os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 4096)
memory = mmap.mmap(file, 4096)
numbers = memoryview(memory).cast("I")


def wait_until(value):
    while numbers[0] != value:
        if numbers[0] > 1:
            sys.exit("the mailbox is damaged")
        time.sleep(0.001)


if command == "post":
    text = os.fsencode(sys.argv[3].strip())
    wait_until(0)
    memory[8 : 8 + len(text)] = text
    numbers[1] = len(text)
    numbers[0] = 1
else:
    wait_until(1)
    length = numbers[1]
    if length > 4088:
        sys.exit("the length is damaged")
    sys.stdout.buffer.write(memory[8 : 8 + length] + b"\n")
    numbers[0] = 0
