// verdict: core
// In C++: a mapping is an object, and its destructor unmaps it.
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(bool done, const std::string &step) {
    if (!done) throw std::system_error(errno, std::generic_category(), step);
}

class Mapping {
    char *start;
    size_t inside, length;

public:
    Mapping(int file, off_t offset, size_t bytes, int protection)
        : inside(offset % sysconf(_SC_PAGESIZE)), length(inside + bytes) {
        void *mapped = mmap(nullptr, length, protection, MAP_SHARED, file, offset - inside);
        check(mapped != MAP_FAILED, "mmap");
        start = static_cast<char *>(mapped);
    }
    Mapping(const Mapping &) = delete;
    ~Mapping() { munmap(start, length); }
    char *data() { return start + inside; }
};

static void poke(const char *name, off_t offset, const std::string &text) {
    int file = open(name, O_RDWR | O_CREAT, 0600);
    check(file >= 0, "open");
    struct stat found;
    check(fstat(file, &found) == 0, "fstat");
    off_t end = offset + static_cast<off_t>(text.size());
    if (found.st_size < end) check(ftruncate(file, end) == 0, "ftruncate");
    if (!text.empty()) {
        Mapping mapping(file, offset, text.size(), PROT_READ | PROT_WRITE);
        std::memcpy(mapping.data(), text.data(), text.size());
    }
}

static void peek(const char *name, off_t offset, size_t length) {
    int file = open(name, O_RDONLY);
    check(file >= 0, "open");
    struct stat found;
    check(fstat(file, &found) == 0, "fstat");
    if (offset + static_cast<off_t>(length) > found.st_size) throw std::runtime_error("past the end of the file");
    Mapping mapping(file, offset, length, PROT_READ);
    std::cout.write(mapping.data(), length).flush();
}

int main(int argc, char **argv) try {
    if (argc != 5) return 2;
    if (std::string(argv[1]) == "poke")
        poke(argv[2], std::stoll(argv[3]), argv[4]);
    else
        peek(argv[2], std::stoll(argv[3]), std::stoull(argv[4]));
    return 0;
} catch (const std::exception &error) {
    std::cerr << "error: " << argv[2] << ": " << error.what() << '\n';
    return 1;
}
