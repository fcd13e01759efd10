// verdict: core
// In C++: the ledger is a span of slots; all records share one flush.
#include <algorithm>
#include <array>
#include <cstring>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using Slot = std::array<char, 64>;

static void check(bool done, const char *step) {
    if (!done) throw std::system_error(errno, std::generic_category(), step);
}

static Slot *map(int file, size_t size, int protection) {
    void *mapped = mmap(nullptr, size, protection, MAP_SHARED, file, 0);
    check(mapped != MAP_FAILED, "mmap");
    return static_cast<Slot *>(mapped);
}

static size_t size_of(int file) {
    struct stat found;
    check(fstat(file, &found) == 0, "fstat");
    return found.st_size;
}

static void record(const char *name, const std::vector<std::string> &texts) {
    int file = open(name, O_RDWR | O_CREAT, 0600);
    check(file >= 0, "open");
    std::vector<size_t> numbers;
    for (size_t number = 0; numbers.size() < texts.size(); number++) {
        size_t size = size_of(file), page = sysconf(_SC_PAGESIZE);
        if (number * sizeof(Slot) >= size) check(ftruncate(file, (size / page + 1) * page) == 0, "ftruncate");
        Slot *slots = map(file, size_of(file), PROT_READ | PROT_WRITE);
        if (slots[number][0] == 0) {
            slots[number].fill(0);
            const std::string &text = texts[numbers.size()];
            std::copy(text.begin(), text.end(), slots[number].begin());
            numbers.push_back(number);
        }
        munmap(slots, size_of(file));
    }
    Slot *slots = map(file, size_of(file), PROT_READ | PROT_WRITE);
    check(msync(slots, size_of(file), MS_SYNC) == 0, "msync");
    check(fsync(file) == 0, "fsync");
    for (size_t number : numbers) std::cout << "durable " << number << '\n';
}

static void list(const char *name) {
    int file = open(name, O_RDONLY);
    check(file >= 0, "open");
    size_t size = size_of(file);
    if (size == 0) return;
    const Slot *slots = map(file, size, PROT_READ);
    for (size_t number = 0; number < size / sizeof(Slot); number++) {
        const char *text = slots[number].data();
        if (*text) std::cout << std::string(text, strnlen(text, sizeof(Slot))) << '\n';
    }
}

int main(int argc, char **argv) try {
    if (argc < 3) return 2;
    if (std::string(argv[1]) == "record")
        record(argv[2], {argv + 3, argv + argc});
    else
        list(argv[2]);
    std::cout.flush();
    return std::cout ? 0 : 1;
} catch (const std::exception &error) {
    std::cerr << "error: " << argv[2] << ": " << error.what() << '\n';
    return 1;
}
