/* The classic writer: stores a random number from -100 to 100 in a mapped file of 256 bytes, as
 * decimal text, a newline and a NUL.
 *
 *     cc -o write write.c && ./write FILE && cargo lesson-1 read FILE
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LENGTH = 256 };

static void check(int succeeded, const char *step)
{
	if (succeeded)
		return;
	perror(step);
	exit(EXIT_FAILURE);
}

int main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	int fd = open(argv[1], O_RDWR | O_CREAT, S_IRUSR | S_IWUSR);
	check(fd != -1, "open");

	struct stat status;
	check(fstat(fd, &status) == 0, "fstat");
	if (status.st_size < LENGTH)
		check(ftruncate(fd, LENGTH) == 0, "ftruncate");

	char *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(memory != MAP_FAILED, "mmap");
	check(close(fd) == 0, "close"); /* The mapping needs no descriptor. */

	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	int number = (int)(random() % 201) - 100;
	int length = snprintf(memory, LENGTH, "%d\n", number); /* Ends in a NUL. */
	check(length > 0 && length < LENGTH, "snprintf");

	check(munmap(memory, LENGTH) == 0, "munmap");
	check(printf("Wrote integer: %d\n", number) > 0, "printf");
	check(fflush(stdout) == 0, "fflush");
	return EXIT_SUCCESS;
}
