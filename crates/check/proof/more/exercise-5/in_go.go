// verdict: core
// A plain answer in Go: flock around everything; the kernel releases the lock of a killed process.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

func check(step string, why error) {
	if why != nil {
		fmt.Fprintf(os.Stderr, "error: %s: %v\n", step, why)
		os.Exit(1)
	}
}

func number(text string) uint64 {
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		fmt.Fprintf(os.Stderr, "usage: no number: %s\n", text)
		os.Exit(2)
	}
	return value
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: exercise-5 add FILE TIMES | transfer FILE FROM TO AMOUNT")
		os.Exit(2)
	}
	name := os.Args[2]
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0600)
	check("open", err)
	check("flock "+name, syscall.Flock(int(file.Fd()), syscall.LOCK_EX))
	check("ftruncate", file.Truncate(4096))
	memory, err := syscall.Mmap(int(file.Fd()), 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	check("mmap "+name, err)
	words := unsafe.Slice((*uint64)(unsafe.Pointer(&memory[0])), 512)
	if os.Args[1] == "add" {
		for times := number(os.Args[3]); times > 0; times-- {
			words[0]++
		}
		return
	}
	from, to, amount := number(os.Args[3]), number(os.Args[4]), number(os.Args[5])
	if words[from] < amount {
		check("transfer in "+name, fmt.Errorf("account %d holds too little", from))
	}
	words[from] -= amount
	words[to] += amount
}
