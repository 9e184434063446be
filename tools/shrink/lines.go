package main

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Go's runtime knows the file and the line of each program counter, by tables that are a
// tenth of the compressed program. The program can do without: what it prints when it
// panics has the names of functions.
//
// The tables begin with runtime.pcHeader. Then come, at the offsets that it has: names of
// functions, files of compilation units, names of files, values of program counters
// (pctab), and functions (runtime._func), to which a table of their offsets leads.

// pcHeader is runtime.pcHeader, as it lies in memory.
type pcHeader struct {
	Magic                    uint32
	_                        [2]byte
	LeastInstruction         uint8
	PointerSize              uint8
	Functions, Files, _      uint64
	Names, Units, FileNames  uint64
	Values, FunctionsAndData uint64
}

// pcHeaderStart is how it begins in WebAssembly since Go 1.20.
var pcHeaderStart = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// Where the fields of runtime._func lie that are used here. Behind it are the offsets of the
// function's tables in pctab, then those of other data.
const (
	funcPCSP      = 16
	funcPCFile    = 20
	funcPCLine    = 24
	funcTables    = 28
	funcUnit      = 32
	funcStartLine = 36
	funcSize      = 44
)

// dropLines takes files and lines out of the tables, and moves what is left of pctab together.
func (m memory) dropLines() error {
	at := bytes.Index(m, pcHeaderStart)
	if at < 0 || bytes.Contains(m[at+1:], pcHeaderStart) {
		return errors.New("runtime.pcHeader was not found: does Go have another form of it?")
	}
	var header pcHeader
	if _, err := binary.Decode(m[at:], binary.LittleEndian, &header); err != nil {
		return err
	}
	tables := m[at:]
	values := tables[header.Values:header.FunctionsAndData]
	functions := tables[header.FunctionsAndData:]

	old := bytes.Clone(values)
	kept := []byte{0} // offset 0 says that there is no table
	moved := map[uint32]uint32{0: 0}
	move := func(offset []byte) error {
		from := binary.LittleEndian.Uint32(offset)
		to, is := moved[from]
		if !is {
			table, err := valueTable(old[from:])
			if err != nil {
				return err
			}
			to = uint32(len(kept))
			moved[from] = to
			kept = append(kept, table...)
		}
		binary.LittleEndian.PutUint32(offset, to)
		return nil
	}
	for i := range int(header.Functions) {
		function := functions[binary.LittleEndian.Uint32(functions[i*8+4:]):]
		for _, field := range []int{funcPCFile, funcPCLine, funcUnit, funcStartLine} {
			clear(function[field : field+4])
		}
		if err := move(function[funcPCSP:]); err != nil {
			return err
		}
		for table := range int(binary.LittleEndian.Uint32(function[funcTables:])) {
			if err := move(function[funcSize+4*table:]); err != nil {
				return err
			}
		}
	}
	shortenNames(tables[header.Names:header.Units])
	clear(tables[header.Units:header.FunctionsAndData])
	copy(values, kept)
	return nil
}

// valueTable returns the table that b begins with: pairs of a difference of values and one
// of program counters, until a difference of values is 0 that is not the first.
func valueTable(b []byte) ([]byte, error) {
	r := reader{rest: b}
	for first := true; ; first = false {
		if r.unsigned() == 0 && !first {
			return b[:len(b)-len(r.rest)], r.err
		}
		r.unsigned()
		if r.err != nil {
			return nil, r.err
		}
	}
}
