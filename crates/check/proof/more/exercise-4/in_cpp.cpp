// verdict: core
// In C++: std::find over a private mapping; a store only where a FROM is.
#include <algorithm>
#include <cstring>
#include <iostream>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 5 || std::strlen(argv[3]) != 1 || std::strlen(argv[4]) != 1) {
        std::cerr << "usage: exercise-4 preview FILE FROM TO\n";
        return 2;
    }
    auto fails = [&](const char *step) {
        std::cerr << "error: " << step << ' ' << argv[2] << ": " << std::strerror(errno) << '\n';
        return 1;
    };
    int file = open(argv[2], O_RDONLY);
    struct stat found;
    if (file < 0 || fstat(file, &found) != 0) return fails("open");
    size_t size = found.st_size;
    if (size == 0) return 0;
    void *mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (mapped == MAP_FAILED) return fails("mmap");
    char *begin = static_cast<char *>(mapped), *end = begin + size, from = *argv[3];
    for (char *at = begin; (at = std::find(at, end, from)) != end; at++) *at = *argv[4];
    std::cout.write(begin, size).flush();
    return std::cout ? 0 : fails("write standard output for");
}
