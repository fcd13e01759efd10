// verdict: core
// A plain answer in Go: msync and fsync after each record.
package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

func check(step string, why error) {
	if why != nil {
		fmt.Fprintf(os.Stderr, "error: %s: %v\n", step, why)
		os.Exit(1)
	}
}

func flush(memory []byte) error {
	start, length := uintptr(unsafe.Pointer(&memory[0])), uintptr(len(memory))
	if _, _, errno := syscall.Syscall(syscall.SYS_MSYNC, start, length, syscall.MS_SYNC); errno != 0 {
		return errno
	}
	return nil
}

func record(name string, texts []string) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0600)
	check("open", err)
	for _, text := range texts {
		found, err := file.Stat()
		check("stat", err)
		size, slot := int(found.Size()), 0
		if size > 0 {
			memory, err := syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
			check("mmap "+name, err)
			for slot*64 < size && memory[slot*64] != 0 {
				slot++
			}
			check("munmap", syscall.Munmap(memory))
		}
		if slot*64 >= size {
			page := os.Getpagesize()
			size = (size/page + 1) * page
			check("ftruncate", file.Truncate(int64(size)))
		}
		memory, err := syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
		check("mmap "+name, err)
		place := memory[slot*64 : slot*64+64]
		for i := copy(place, text); i < 64; i++ {
			place[i] = 0
		}
		check("msync "+name, flush(memory))
		check("fsync "+name, file.Sync())
		fmt.Printf("durable %d\n", slot)
		check("munmap", syscall.Munmap(memory))
	}
}

func list(name string) {
	file, err := os.Open(name)
	check("open", err)
	found, err := file.Stat()
	check("stat", err)
	if found.Size() == 0 {
		return
	}
	memory, err := syscall.Mmap(int(file.Fd()), 0, int(found.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	check("mmap "+name, err)
	for at := 0; at+64 <= len(memory); at += 64 {
		if slot := memory[at : at+64]; slot[0] != 0 {
			text, _, _ := bytes.Cut(slot, []byte{0})
			fmt.Printf("%s\n", text)
		}
	}
}

func main() {
	switch {
	case len(os.Args) > 3 && os.Args[1] == "record":
		record(os.Args[2], os.Args[3:])
	case len(os.Args) == 3 && os.Args[1] == "list":
		list(os.Args[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: exercise-3 record FILE TEXT... | list FILE")
		os.Exit(2)
	}
}
