// verdict: core
// In C++: std::count over a mapping that a destructor releases.
#include <algorithm>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

class MappedFile {
    int file;
    const char *start = nullptr;
    size_t size = 0;

    static void check(bool done, const char *step) {
        if (!done) throw std::system_error(errno, std::generic_category(), step);
    }

public:
    explicit MappedFile(const char *name) : file(open(name, O_RDONLY | O_NONBLOCK)) {
        check(file >= 0, "open");
        struct stat found;
        check(fstat(file, &found) == 0, "fstat");
        size = found.st_size;
        if (size == 0) return;
        void *mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        check(mapped != MAP_FAILED, "mmap");
        start = static_cast<const char *>(mapped);
    }
    MappedFile(const MappedFile &) = delete;
    ~MappedFile() {
        if (start) munmap(const_cast<char *>(start), size);
        close(file);
    }
    const char *begin() const { return start; }
    const char *end() const { return start + size; }
};

int main(int argc, char **argv) {
    size_t all_lines = 0, all_bytes = 0;
    int status = 0;
    for (int i = 2; i < argc; i++) {
        try {
            MappedFile file(argv[i]);
            size_t lines = std::count(file.begin(), file.end(), '\n'), bytes = file.end() - file.begin();
            std::cout << lines << ' ' << bytes << ' ' << argv[i] << '\n';
            all_lines += lines;
            all_bytes += bytes;
        } catch (const std::exception &error) {
            std::cerr << "error: " << argv[i] << ": " << error.what() << '\n';
            status = 1;
        }
    }
    if (argc > 3) std::cout << all_lines << ' ' << all_bytes << " total\n";
    return status;
}
