// verdict: core
// A plain answer in Go: syscall.Mmap from the page of OFFSET on.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
)

func fail(step string, why error) {
	fmt.Fprintf(os.Stderr, "error: %s: %v\n", step, why)
	os.Exit(1)
}

func main() {
	if len(os.Args) < 5 {
		os.Exit(2)
	}
	name := os.Args[2]
	offset, err := strconv.ParseInt(os.Args[3], 10, 64)
	if err != nil {
		os.Exit(2)
	}
	inside := offset % int64(os.Getpagesize())
	if os.Args[1] == "poke" {
		text := os.Args[4]
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0600)
		if err != nil {
			fail("open", err)
		}
		found, err := file.Stat()
		if err != nil {
			fail("stat", err)
		}
		if end := offset + int64(len(text)); found.Size() < end {
			if err := file.Truncate(end); err != nil {
				fail("ftruncate", err)
			}
		}
		length := int(inside) + len(text)
		memory, err := syscall.Mmap(int(file.Fd()), offset-inside, length, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
		if err != nil {
			fail("mmap "+name, err)
		}
		copy(memory[inside:], text)
		syscall.Munmap(memory)
		return
	}
	length, err := strconv.Atoi(os.Args[4])
	if err != nil {
		os.Exit(2)
	}
	file, err := os.Open(name)
	if err != nil {
		fail("open", err)
	}
	found, err := file.Stat()
	if err != nil || offset+int64(length) > found.Size() {
		fail("peek "+name, fmt.Errorf("past the end of the file"))
	}
	memory, err := syscall.Mmap(int(file.Fd()), offset-inside, int(inside)+length, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		fail("mmap "+name, err)
	}
	if _, err := os.Stdout.Write(memory[inside:]); err != nil {
		fail("write standard output", err)
	}
}
