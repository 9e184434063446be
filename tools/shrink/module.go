package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// What of the binary format is needed here: https://webassembly.github.io/spec/core/binary/
const (
	sectionType     = 1
	sectionImport   = 2
	sectionFunction = 3
	sectionStart    = 8
	sectionElement  = 9
	sectionCode     = 10
	sectionData     = 11

	importFunction = 0
)

var header = []byte("\x00asm\x01\x00\x00\x00")

// A section of a module, with its content, without its length.
type section struct {
	id      byte
	content []byte
}

// A module is what a .wasm file has, in its order.
type module []section

var errCut = errors.New("wasm: it ends in the middle")

// reader takes a section apart. The first error stays.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) bytes(n uint64) []byte {
	if r.err == nil && n > uint64(len(r.rest)) {
		r.err = errCut
	}
	if r.err != nil {
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte {
	if taken := r.bytes(1); taken != nil {
		return taken[0]
	}
	return 0
}

// unsigned reads LEB128.
func (r *reader) unsigned() uint64 {
	value, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.err = errCut
	}
	if r.err != nil {
		return 0
	}
	r.rest = r.rest[n:]
	return value
}

// signed reads signed LEB128 of at most 32 bits.
func (r *reader) signed() int32 {
	var value int64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		value |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 {
				value |= -1 << (shift + 7)
			}
			return int32(value)
		}
	}
	r.err = errors.New("wasm: a number that is too long")
	return 0
}

func (r *reader) fail(format string, arguments ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, arguments...)
	}
}

func parse(file []byte) (module, error) {
	rest, is := bytes.CutPrefix(file, header)
	if !is {
		return nil, errors.New("wasm: not a module")
	}
	var m module
	r := reader{rest: rest}
	for len(r.rest) > 0 && r.err == nil {
		id := r.byte()
		m = append(m, section{id, r.bytes(r.unsigned())})
	}
	return m, r.err
}

func (m module) encode() []byte {
	file := bytes.Clone(header)
	for _, s := range m {
		file = append(file, s.id)
		file = binary.AppendUvarint(file, uint64(len(s.content)))
		file = append(file, s.content...)
	}
	return file
}

// find returns the section with this id, nil for none.
func (m module) find(id byte) *section {
	for i := range m {
		if m[i].id == id {
			return &m[i]
		}
	}
	return nil
}

// imported returns how many functions the module imports: their indices come first.
// Go's programs import nothing else.
func (m module) imported() (int, error) {
	s := m.find(sectionImport)
	if s == nil {
		return 0, nil
	}
	r := reader{rest: s.content}
	n := r.unsigned()
	for range n {
		r.bytes(r.unsigned())
		r.bytes(r.unsigned())
		if r.byte() != importFunction {
			r.fail("wasm: an import that is no function")
		}
		r.unsigned()
	}
	return int(n), r.err
}

// appendSigned appends signed LEB128.
func appendSigned(b []byte, value int32) []byte {
	for {
		low := byte(value & 0x7f)
		value >>= 7
		if (value == 0 && low&0x40 == 0) || (value == -1 && low&0x40 != 0) {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}
