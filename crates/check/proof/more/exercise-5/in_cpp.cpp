// verdict: core
// In C++: the lock is an object; its destructor, or the kernel after a kill, releases the flock lock.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

static void check(bool done, const char *step) {
    if (!done) throw std::system_error(errno, std::generic_category(), step);
}

class Lock {
    int file;

public:
    explicit Lock(int file) : file(file) { check(flock(file, LOCK_EX) == 0, "flock"); }
    Lock(const Lock &) = delete;
    ~Lock() { flock(file, LOCK_UN); }
};

static void transfer(uint64_t *words, size_t from, size_t to, uint64_t amount) {
    if (words[from] < amount) throw std::runtime_error("the account holds too little");
    words[from] -= amount;
    words[to] += amount;
}

int main(int argc, char **argv) try {
    if (argc < 4) return 2;
    int file = open(argv[2], O_RDWR | O_CREAT, 0600);
    check(file >= 0, "open");
    {
        Lock lock(file);
        check(ftruncate(file, 4096) == 0, "ftruncate");
    }
    void *mapped = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    check(mapped != MAP_FAILED, "mmap");
    auto *words = static_cast<uint64_t *>(mapped);
    if (std::string(argv[1]) == "transfer" && argc == 6) {
        Lock lock(file);
        transfer(words, std::stoul(argv[3]), std::stoul(argv[4]), std::stoull(argv[5]));
        return 0;
    }
    for (uint64_t times = std::stoull(argv[3]); times > 0; times--) {
        Lock lock(file);
        words[0] = words[0] + 1;
    }
    return 0;
} catch (const std::exception &error) {
    std::cerr << "error: " << argv[2] << ": " << error.what() << '\n';
    return 1;
}
