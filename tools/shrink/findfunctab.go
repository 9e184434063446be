package main

import (
	"encoding/binary"
	"errors"
)

// Go's runtime finds the function of a program counter by a table with a bucket for each
// 4,096 of them (runtime.findfuncbucket): the number of the function that the bucket begins
// in, and for each sixteenth of the bucket how many functions further it begins. In
// WebAssembly each function has 65,536 program counters, whatever its length. So the table
// is sixteen times 0, sixteen times 1, ..., and nothing else, but takes 320 bytes and
// sixteen data segments for each function.
const (
	bucketSize         = 4 + 16
	bucketsPerFunction = 65536 / 4096
	functionSize       = bucketSize * bucketsPerFunction

	// leastFunctions is how many functions the table is recognized by: no other data of a
	// program looks like this.
	leastFunctions = 256
)

// A table is where the regular part of findfunctab lies in memory.
type table struct {
	at, functions int
}

func (t table) end() int { return t.at + t.functions*functionSize }

// findTable looks for the table, which begins at a multiple of 4.
func (m memory) findTable() (table, error) {
	var found table
	for at := 0; at+leastFunctions*functionSize <= len(m); at += 4 {
		n := 0
		for m.hasFunction(at, n) {
			n++
		}
		if n < leastFunctions {
			continue
		}
		if found.functions != 0 {
			return table{}, errors.New("there are two tables like runtime.findfunctab")
		}
		found = table{at, n}
		at = found.end() - 4
	}
	if found.functions == 0 {
		return table{}, errors.New("runtime.findfunctab was not found: does Go have another form of it?")
	}
	return found, nil
}

// hasFunction tells whether the buckets of function n of a table at this address are there.
func (m memory) hasFunction(at, n int) bool {
	from := at + n*functionSize
	if from+functionSize > len(m) {
		return false
	}
	for bucket := from; bucket < from+functionSize; bucket += bucketSize {
		if binary.LittleEndian.Uint32(m[bucket:]) != uint32(n) || zeros(m[bucket+4:bucket+bucketSize]) != bucketSize-4 {
			return false
		}
	}
	return true
}

// Opcodes of fill.
const (
	opLoop     = 0x03
	opBrIf     = 0x0d
	opLocalGet = 0x20
	opLocalSet = 0x21
	opLocalTee = 0x22
	opI32Store = 0x36
	opI32LtU   = 0x49
	opI32Add   = 0x6a
	opI32DivU  = 0x6e
	opI32Sub   = 0x6b

	typeI32   = 0x7f
	typeEmpty = 0x40
)

// fill returns the body of a function that writes the table into memory:
//
//	at := t.at
//	for {
//		memory[at] = (at - t.at) / functionSize
//		at += bucketSize
//		if at >= t.end() { return }
//	}
func (t table) fill() []byte {
	constant := func(b []byte, value int) []byte { return appendSigned(append(b, opI32Const), int32(value)) }
	code := []byte{1, 1, typeI32} // one local variable: at
	code = append(constant(code, t.at), opLocalSet, 0)
	code = append(code, opLoop, typeEmpty)
	code = append(code, opLocalGet, 0, opLocalGet, 0)
	code = append(constant(code, t.at), opI32Sub)
	code = append(constant(code, functionSize), opI32DivU)
	code = append(code, opI32Store, 2, 0) // aligned to 1<<2, offset 0
	code = append(code, opLocalGet, 0)
	code = append(constant(code, bucketSize), opI32Add, opLocalTee, 0)
	code = append(constant(code, t.end()), opI32LtU, opBrIf, 0)
	return append(code, opEnd, opEnd)
}

// clear takes the table out of memory.
func (m memory) clear(t table) {
	clear(m[t.at:t.end()])
}
