package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// The data section makes the memory that it was made of, with few segments.
func TestSection(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var m memory
		runs := random.IntN(20)
		for range runs {
			m = append(m, make(memory, random.IntN(3*gap))...)
			for range random.IntN(50) {
				m = append(m, byte(random.IntN(256)))
			}
		}
		section := m.section()
		again, err := memoryOf(section)
		if err != nil {
			t.Fatal(err)
		}
		// Zeros at the end are no data.
		if !bytes.HasPrefix(m, again) || len(again)+zeros(m[len(again):]) != len(m) {
			t.Fatalf("%x became %x", m, again)
		}
		if n := count(section); n > uint64(2*runs)+1 {
			t.Errorf("%d segments for %d runs", n, runs)
		}
	}
}

func TestMemoryOfOthers(t *testing.T) {
	for name, data := range map[string][]byte{
		"a passive segment":      {1, 1, 1, 7},
		"a global's address":     {1, 0, 0x23, 0, opEnd, 1, 7},
		"a sum":                  {1, 0, opI32Const, 0, opI32Const, 0, 0x6a, opEnd, 1, 7},
		"a segment that is cut":  {1, 0, opI32Const, 0, opEnd, 9, 7},
		"a number without end":   {1, 0, opI32Const, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, opEnd, 1, 7},
		"a section without data": {},
	} {
		if m, err := memoryOf(data); err == nil {
			t.Errorf("%s: %x", name, m)
		}
	}
}

func TestSigned(t *testing.T) {
	for _, value := range []int32{0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 1 << 30, -1 << 31, 1<<31 - 1} {
		r := reader{rest: appendSigned(nil, value)}
		if got := r.signed(); got != value || r.err != nil || len(r.rest) > 0 {
			t.Errorf("%d became %d, %v", value, got, r.err)
		}
	}
}

// tableOf returns findfunctab for so many functions.
func tableOf(functions int) memory {
	m := make(memory, functions*functionSize)
	for at := 0; at < len(m); at += bucketSize {
		binary.LittleEndian.PutUint32(m[at:], uint32(at/functionSize))
	}
	return m
}

func TestFindTable(t *testing.T) {
	before, after := bytes.Repeat([]byte{7}, 1000), bytes.Repeat([]byte{9}, 500)
	m := append(append(memory(before), tableOf(300)...), after...)
	found, err := m.findTable()
	if err != nil || found != (table{1000, 300}) {
		t.Errorf("found %v, %v", found, err)
	}
	m.clear(found)
	if !bytes.Equal(m, append(append(before, make([]byte, 300*functionSize)...), after...)) {
		t.Error("more was cleared than the table")
	}
	if found, err := m.findTable(); err == nil {
		t.Errorf("found %v where there is none", found)
	}
	if found, err := append(tableOf(300), tableOf(300)...).findTable(); err == nil {
		t.Errorf("found %v of two", found)
	}
	if found, err := tableOf(leastFunctions - 1).findTable(); err == nil {
		t.Errorf("found %v, which is too short", found)
	}
}

func TestShortenNames(t *testing.T) {
	for name, want := range map[string]string{
		"main.main":                          "main.main",
		"slices.Sort[go.shape.[]int].func1":  "slices.Sort[...].func1",
		"a.f[go.shape.struct { F [4]int }]":  "a.f[...]",
		"a.(*T[go.shape.uint8,a.b[int]]).m":  "a.(*T[...]).m",
		"a.f[int]":                           "a.f[int]",
		"a.f[...]":                           "a.f[...]",
		"type:.eq.[2]runtime.Frame":          "type:.eq.[2]runtime.Frame",
		"type:.eq.[200000]runtime.Frame[:].": "type:.eq.[...].",
	} {
		names := []byte("before\x00" + name + "\x00after\x00")
		shortenNames(names)
		expected := "before\x00" + want
		expected += string(make([]byte, len(name)-len(want))) + "\x00after\x00"
		if string(names) != expected {
			t.Errorf("%q became %q", name, names)
		}
	}
}

// What is no program of Go is refused, instead of shipped.
func TestRefused(t *testing.T) {
	empty := module{{sectionType, []byte{0}}, {sectionFunction, []byte{0}}, {sectionCode, []byte{0}}}
	for name, file := range map[string][]byte{
		"nothing":               {},
		"no module":             []byte("not WebAssembly"),
		"no data":               empty.encode(),
		"a section that is cut": append(empty.encode(), sectionData, 9, 0),
		"other data":            append(empty, section{sectionData, []byte{1, 0, opI32Const, 0, opEnd, 1, 7}}).encode(),
	} {
		if _, err := shrink(file); err == nil {
			t.Errorf("%s was made smaller", name)
		}
	}
}

func TestValueTable(t *testing.T) {
	for _, c := range []struct{ table, rest []byte }{
		{[]byte{2, 1, 0}, []byte{3, 4}},
		{[]byte{0, 1, 4, 0x80, 1, 0}, nil},
	} {
		got, err := valueTable(append(bytes.Clone(c.table), c.rest...))
		if err != nil || !bytes.Equal(got, c.table) {
			t.Errorf("%x: %x, %v", c.table, got, err)
		}
	}
	if got, err := valueTable([]byte{2, 1, 2, 1}); err == nil {
		t.Errorf("a table without end: %x", got)
	}
}
