package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// withStart returns the module with one more function, which is called when the module is
// instantiated. body is that function's code, with its local variables.
func (m module) withStart(body []byte) (module, error) {
	types, functions, code := m.find(sectionType), m.find(sectionFunction), m.find(sectionCode)
	if types == nil || functions == nil || code == nil || m.find(sectionStart) != nil {
		return nil, errors.New("wasm: no program of Go, which has functions and no start function")
	}
	imported, err := m.imported()
	if err != nil {
		return nil, err
	}
	defined := reader{rest: functions.content}
	index := uint64(imported) + defined.unsigned()
	if defined.err != nil {
		return nil, defined.err
	}

	// A function without parameters and results: 0x60, and two empty lists.
	kind := count(types.content)
	types.content = withOneMore(types.content, []byte{0x60, 0, 0})
	functions.content = withOneMore(functions.content, binary.AppendUvarint(nil, kind))
	code.content = withOneMore(code.content, append(binary.AppendUvarint(nil, uint64(len(body))), body...))

	// Sections have an order: the start function stands before elements and code.
	after := slices.IndexFunc(m, func(s section) bool { return s.id == sectionElement || s.id == sectionCode })
	return slices.Insert(m, after, section{sectionStart, binary.AppendUvarint(nil, index)}), nil
}

// count returns how many entries a section has that is a list.
func count(list []byte) uint64 {
	r := reader{rest: list}
	return r.unsigned()
}

// withOneMore returns the list with an entry at its end.
func withOneMore(list, entry []byte) []byte {
	r := reader{rest: list}
	longer := binary.AppendUvarint(nil, r.unsigned()+1)
	return append(bytes.Join([][]byte{longer, r.rest}, nil), entry...)
}
