// verdict: wrong-output
// Only the first page is mapped, edited and printed.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int file = open(argv[2], O_RDONLY);
    struct stat found;
    if (file < 0 || fstat(file, &found) < 0) return 1;
    size_t size = found.st_size, page = getpagesize();
    if (size > page) size = page;
    if (size == 0) return 0;
    char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (text == MAP_FAILED) return 1;
    for (size_t i = 0; i < size; i++)
        if (text[i] == argv[3][0]) text[i] = argv[4][0];
    return fwrite(text, 1, size, stdout) != size || fflush(stdout);
}
