// verdict: core
// In C++: the box is a struct of std::atomic in the mapping. It polls.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct Box {
    std::atomic<uint32_t> full, length;
    char text[4088];
};
static_assert(sizeof(Box) == 4096 && std::atomic<uint32_t>::is_always_lock_free);

static void wait_until(Box &box, uint32_t value) {
    using namespace std::chrono_literals;
    auto end = std::chrono::steady_clock::now() + 5s;
    for (;;) {
        uint32_t found = box.full.load(std::memory_order_acquire);
        if (found == value) return;
        if (found > 1) throw std::runtime_error("full is neither 0 nor 1");
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("nobody came");
        std::this_thread::sleep_for(2ms);
    }
}

int main(int argc, char **argv) try {
    if (argc < 3) return 2;
    int file = open(argv[2], O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, sizeof(Box)) != 0) throw std::runtime_error("cannot be opened");
    void *mapped = mmap(nullptr, sizeof(Box), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) throw std::runtime_error("cannot be mapped");
    Box &box = *static_cast<Box *>(mapped);
    if (std::string(argv[1]) == "post") {
        std::string text = argv[3];
        if (text.size() > sizeof box.text) throw std::runtime_error("the text is too long");
        wait_until(box, 0);
        std::memcpy(box.text, text.data(), text.size());
        box.length.store(text.size(), std::memory_order_relaxed);
        box.full.store(1, std::memory_order_release);
        return 0;
    }
    wait_until(box, 1);
    uint32_t length = box.length.load(std::memory_order_relaxed);
    if (length > sizeof box.text) throw std::runtime_error("length is above 4088");
    std::cout << std::string(box.text, length) << std::endl;
    if (!std::cout) throw std::runtime_error("standard output");
    box.full.store(0, std::memory_order_release);
    return 0;
} catch (const std::exception &error) {
    std::cerr << "error: " << argv[2] << ": " << error.what() << '\n';
    return 1;
}
