/* The classic reader: prints the number in a mapped file and stores its double.
 *
 *     cargo lesson-1 write FILE && cc -o read read.c && ./read FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LENGTH = 256 };

static void check(int succeeded, const char *step)
{
	if (succeeded)
		return;
	perror(step);
	exit(EXIT_FAILURE);
}

static void refuse(const char *sentence)
{
	fprintf(stderr, "%s\n", sentence);
	exit(EXIT_FAILURE);
}

int main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	int fd = open(argv[1], O_RDWR);
	check(fd != -1, "open");

	struct stat status;
	check(fstat(fd, &status) == 0, "fstat");
	if (status.st_size < LENGTH)
		refuse("the file is too short");

	char *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(memory != MAP_FAILED, "mmap");
	check(close(fd) == 0, "close"); /* The mapping needs no descriptor. */

	char copy[LENGTH]; /* Another process may store at any moment: check and parse a copy. */
	memcpy(copy, memory, LENGTH);
	if (memchr(copy, '\0', LENGTH) == NULL)
		refuse("no NUL in the file"); /* strtoll would run past the copy. */
	char *end;
	errno = 0;
	long long number = strtoll(copy, &end, 10);
	check(errno == 0, "strtoll");
	if (end == copy || *end != '\n')
		refuse("no number in the file");
	long long twice;
	if (__builtin_mul_overflow(number, 2LL, &twice))
		refuse("the double does not fit");

	check(printf("Read integer: %lld\n", number) > 0, "printf");
	check(fflush(stdout) == 0, "fflush");
	int length = snprintf(memory, LENGTH, "%lld\n", twice);
	check(length > 0 && length < LENGTH, "snprintf");

	check(munmap(memory, LENGTH) == 0, "munmap");
	return EXIT_SUCCESS;
}
