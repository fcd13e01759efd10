// Exercise 1 for pages of 512 bytes, and without a test for MAP_FAILED: in larger pages, many of its offsets
// are no multiple of a page. With a DESCRIPTOR, that is mapped instead of FILE.
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>
#undef MAP_FAILED
#define MAP_FAILED ((void *)-2)
#ifdef DESCRIPTOR
// Only past the first page, so that the first access is not to MAP_FAILED itself.
#define mmap(address, length, protection, flags, fd, offset) \
	mmap(address, (offset) ? LENGTH : (length), protection, flags, (offset) ? DESCRIPTOR : (fd), offset)
#else
#define sysconf(name) 512
#endif
#include "../exercise-1/in_c.c"
