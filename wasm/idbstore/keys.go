//go:build js && wasm

package idbstore

import (
	"encoding/json"
	"syscall/js"

	"github.com/hack-pad/safejs"
)

// key makes an array key. Numbers sort before strings, and both before arrays.
func key(parts ...any) js.Value {
	return js.ValueOf(parts)
}

// afterAll sorts after all numbers and strings, as the last part of a key.
var afterAll = []any{}

// between returns the range of the keys from lower to upper, both excluded.
func between(lower, upper js.Value) (js.Value, error) {
	// The library has key ranges, but no way to hand one to Delete.
	ranges, err := safejs.Global().Get("IDBKeyRange")
	if err != nil {
		return js.Value{}, err
	}
	bound, err := ranges.Call("bound", lower, upper, true, true)
	return safejs.Unsafe(bound), err
}

// rowKey is a key of the object stores records and segments, for reading it
// from JSON text; a record's has no generation and offset.
type rowKey struct {
	uniqueID   string
	index      int
	generation int
	offset     int64
}

// UnmarshalJSON implements json.Unmarshaler.
func (k *rowKey) UnmarshalJSON(text []byte) error {
	parts := []any{&k.uniqueID, &k.index, &k.generation, &k.offset}
	return json.Unmarshal(text, &parts)
}
