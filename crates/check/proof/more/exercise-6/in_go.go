// verdict: core
// A plain answer in Go: each file mapped whole, counted, and unmapped.
package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

func lines(name string) (int, int, error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	found, err := file.Stat()
	if err != nil || found.Size() == 0 {
		return 0, 0, err
	}
	if !found.Mode().IsRegular() {
		return 0, 0, fmt.Errorf("%s is no regular file", name)
	}
	memory, err := syscall.Mmap(int(file.Fd()), 0, int(found.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return 0, 0, fmt.Errorf("mmap %s: %w", name, err)
	}
	defer syscall.Munmap(memory)
	return bytes.Count(memory, []byte{'\n'}), len(memory), nil
}

func main() {
	if len(os.Args) < 3 || os.Args[1] != "lines" {
		fmt.Fprintln(os.Stderr, "usage: exercise-6 lines FILE...")
		os.Exit(2)
	}
	status, allLines, allBytes := 0, 0, 0
	for _, name := range os.Args[2:] {
		lines, bytes, err := lines(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "error: %v\n", err)
			status = 1
			continue
		}
		fmt.Printf("%d %d %s\n", lines, bytes, name)
		allLines, allBytes = allLines+lines, allBytes+bytes
	}
	if len(os.Args) > 3 {
		fmt.Printf("%d %d total\n", allLines, allBytes)
	}
	os.Exit(status)
}
