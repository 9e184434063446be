package main

import (
	"encoding/binary"
)

// memory is what the data section makes of a memory of zeros, from address 0 on.
type memory []byte

const opI32Const, opEnd = 0x41, 0x0b

// memoryOf lays out the data section. Only segments with a constant address in memory 0
// are known: Go's linker writes no others.
func memoryOf(data []byte) (memory, error) {
	var m memory
	r := reader{rest: data}
	for range r.unsigned() {
		if kind := r.unsigned(); kind != 0 {
			r.fail("wasm: a data segment of kind %d", kind)
		}
		if op := r.byte(); op != opI32Const {
			r.fail("wasm: the address of a data segment is no constant: %#x", op)
		}
		from := int(uint32(r.signed()))
		if op := r.byte(); op != opEnd {
			r.fail("wasm: the address of a data segment is more than a constant: %#x", op)
		}
		bytes := r.bytes(r.unsigned())
		if r.err != nil {
			return nil, r.err
		}
		if missing := from + len(bytes) - len(m); missing > 0 {
			m = append(m, make(memory, missing)...)
		}
		copy(m[from:], bytes)
	}
	return m, r.err
}

// gap is how many zeros it takes that a segment ends. Each segment has 7 to 9 bytes of its
// own; Brotli makes zeros smaller than these.
const gap = 64

// section returns the data section that makes this memory.
func (m memory) section() []byte {
	var segments []byte
	count := 0
	for at := 0; ; {
		from := at + zeros(m[at:])
		if from == len(m) {
			break
		}
		for at = from; at < len(m); {
			n := zeros(m[at:])
			if n >= gap || at+n == len(m) {
				break
			}
			at += max(n, 1)
		}
		segments = append(segments, 0, opI32Const)
		segments = appendSigned(segments, int32(from))
		segments = append(segments, opEnd)
		segments = binary.AppendUvarint(segments, uint64(at-from))
		segments = append(segments, m[from:at]...)
		count++
	}
	return append(binary.AppendUvarint(nil, uint64(count)), segments...)
}

// zeros returns how many zeros b begins with.
func zeros(b []byte) int {
	for i, value := range b {
		if value != 0 {
			return i
		}
	}
	return len(b)
}
