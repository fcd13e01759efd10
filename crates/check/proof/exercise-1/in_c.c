/* verdict: solved */
/* In C: page by page, so that two pages at most are mapped at a time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *step, const char *file, const char *why) {
	fprintf(stderr, "error: %s \"%s\": %s\n", step, file, why);
	return 1;
}

static int number(const char *text, uint64_t most, uint64_t *value) {
	uint64_t n = 0;
	if (!*text)
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(*text - '0'), &n))
			return 0;
	}
	*value = n;
	return n <= most;
}

/* The page that holds OFFSET, and where in it that is. */
static char *page_of(int fd, uint64_t offset, size_t page, int prot) {
	char *start = mmap(NULL, page, prot, MAP_SHARED, fd, (off_t)(offset - offset % page));
	return start == MAP_FAILED ? NULL : start;
}

static int poke(const char *file, uint64_t offset, const char *text) {
	size_t length = strlen(text), page = (size_t)sysconf(_SC_PAGESIZE);
	if (offset + length > INT64_MAX)
		return fail("map", file, strerror(EOVERFLOW));
	int made = 1, fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600);
	if (fd < 0 && errno == EEXIST) {
		made = 0;
		fd = open(file, O_RDWR | O_NONBLOCK);
	}
	if (fd < 0)
		return fail("open", file, strerror(errno));
	struct stat st;
	if (fstat(fd, &st) < 0)
		return fail("stat", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail("open", file, "not a regular file");
	if ((uint64_t)st.st_size < offset + length && ftruncate(fd, (off_t)(offset + length)) < 0) {
		int error = errno;
		if (made)
			unlink(file);
		return fail("ftruncate", file, strerror(error));
	}
	for (size_t done = 0; done < length;) {
		size_t skipped = (offset + done) % page, part = page - skipped;
		if (part > length - done)
			part = length - done;
		char *start = page_of(fd, offset + done, page, PROT_READ | PROT_WRITE);
		if (!start)
			return fail("mmap", file, strerror(errno));
		memcpy(start + skipped, text + done, part);
		munmap(start, page);
		done += part;
	}
	return 0;
}

static int peek(const char *file, uint64_t offset, uint64_t length) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(file, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fail("open", file, strerror(errno));
	struct stat st;
	if (fstat(fd, &st) < 0)
		return fail("stat", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail("open", file, "not a regular file");
	if (length > 0 && offset + length > (uint64_t)st.st_size)
		return fail("read", file, "the range reaches past the end");
	for (uint64_t done = 0; done < length;) {
		uint64_t skipped = (offset + done) % page, part = page - skipped;
		if (part > length - done)
			part = length - done;
		char *start = page_of(fd, offset + done, page, PROT_READ);
		if (!start)
			return fail("mmap", file, strerror(errno));
		if (fwrite(start + skipped, 1, part, stdout) != part)
			return fail("write to", "standard output", strerror(errno));
		munmap(start, page);
		done += part;
	}
	if (fflush(stdout) != 0)
		return fail("write to", "standard output", strerror(errno));
	return 0;
}

int main(int argc, char **argv) {
	uint64_t offset, length;
	if (argc == 5 && number(argv[3], INT64_MAX, &offset)) {
		if (strcmp(argv[1], "poke") == 0)
			return poke(argv[2], offset, argv[4]);
		if (strcmp(argv[1], "peek") == 0 && number(argv[4], 64 << 20, &length))
			return peek(argv[2], offset, length);
	}
	fprintf(stderr, "usage: exercise-1 poke FILE OFFSET TEXT | peek FILE OFFSET LEN\n");
	return 2;
}
