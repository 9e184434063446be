// Shrink makes the program smaller after the link. Its code stays as it is, and so does the
// memory that it begins with, but for what stack traces have beside names of functions.
//
//	go run ./tools/shrink linked.wasm shrunk.wasm
//
// Data segments end only where many zeros follow, a table of Go's runtime that takes a
// megabyte is filled in when the module is instantiated, and files, lines and arguments of
// types are left out. docs/decisions/size.md tells what each saves, test/check/shrunk.mjs
// compares both.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: shrink linked.wasm shrunk.wasm")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "shrink:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	linked, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	shrunk, err := shrink(linked)
	if err != nil {
		return err
	}
	return os.WriteFile(to, shrunk, 0o644)
}

// shrink returns the module with a smaller data section.
func shrink(linked []byte) ([]byte, error) {
	m, err := parse(linked)
	if err != nil {
		return nil, err
	}
	data := m.find(sectionData)
	if data == nil {
		return nil, fmt.Errorf("there is no data section")
	}
	memory, err := memoryOf(data.content)
	if err != nil {
		return nil, err
	}
	table, err := memory.findTable()
	if err != nil {
		return nil, err
	}
	memory.clear(table)
	if err := memory.dropLines(); err != nil {
		return nil, err
	}
	data.content = memory.section()
	if m, err = m.withStart(table.fill()); err != nil {
		return nil, err
	}
	return m.encode(), nil
}
