# verdict: command-word-as-file
# It counts each of its arguments, and so looks for a file of the name `lines`.
import mmap, os, sys

for name in sys.argv[1:]:
    fd = os.open(name, os.O_RDONLY)
    size = os.fstat(fd).st_size
    m = mmap.mmap(fd, size, prot=mmap.PROT_READ)
    print(m[:].count(b"\n"), size, name)
