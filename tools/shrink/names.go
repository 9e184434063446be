package main

import (
	"bytes"
)

// shortenNames takes the type arguments out of the names of functions, which can be
// hundreds of characters long: Go's runtime prints [...] for them, whatever they are
// (runtime.funcNamePiecesForPrint). Names stay where they are.
func shortenNames(names []byte) {
	for len(names) > 0 {
		name, rest, _ := bytes.Cut(names, []byte{0})
		if from, to := bytes.IndexByte(name, '['), bytes.LastIndexByte(name, ']'); from >= 0 && to > from+len("[...") {
			n := copy(name[from:], "[...")
			n += copy(name[from+n:], name[to:])
			clear(name[from+n:])
		}
		names = rest
	}
}
