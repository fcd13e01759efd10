// verdict: core
// A plain answer in Go: one private mapping of the whole file, edited in place.
package main

import (
	"fmt"
	"os"
	"syscall"
)

func check(step string, why error) {
	if why != nil {
		fmt.Fprintf(os.Stderr, "error: %s: %v\n", step, why)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) != 5 || os.Args[1] != "preview" || len(os.Args[3]) != 1 || len(os.Args[4]) != 1 {
		fmt.Fprintln(os.Stderr, "usage: exercise-4 preview FILE FROM TO")
		os.Exit(2)
	}
	name, from, to := os.Args[2], os.Args[3][0], os.Args[4][0]
	file, err := os.Open(name)
	check("open", err)
	found, err := file.Stat()
	check("stat", err)
	if found.Size() == 0 {
		return
	}
	memory, err := syscall.Mmap(int(file.Fd()), 0, int(found.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	check("mmap "+name, err)
	for i, found := range memory {
		if found == from {
			memory[i] = to
		}
	}
	_, err = os.Stdout.Write(memory)
	check("write standard output", err)
}
