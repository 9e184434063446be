//go:build js && wasm

package idbstore

import (
	"sync"

	"github.com/hack-pad/safejs"

	"background-fetch-wasm/wasm/bgfetch"
)

// requestsRow is a row of the object store requests.
type requestsRow struct {
	UniqueID string `json:"uniqueId"`
	// Sequence gives the order of creation: a clock may stand still or go back.
	Sequence int64             `json:"sequence"`
	Requests []bgfetch.Request `json:"requests"`
}

// recordRow is a row of the object store records.
type recordRow struct {
	UniqueID string              `json:"uniqueId"`
	Index    int                 `json:"index"`
	State    bgfetch.RecordState `json:"state"`
}

// segmentRow is a row of the object store segments.
type segmentRow struct {
	UniqueID string `json:"uniqueId"`
	bgfetch.SegmentKey
	Length int64 `json:"length"`
}

func (r segmentRow) key() []any {
	return key(r.UniqueID, r.Index, r.Generation, r.Offset)
}

var arrayClass = sync.OnceValues(func() (safejs.Value, error) { return safejs.Global().Get("Array") })

// keyValue is a key in JS, an array made by one call.
func keyValue(key any) (safejs.Value, error) {
	parts, isArray := key.([]any)
	if !isArray {
		return safejs.ValueOf(key)
	}
	array, err := arrayClass()
	if err != nil {
		return safejs.Value{}, err
	}
	return array.Call("of", parts...)
}

// key makes an array key. Numbers sort before strings, and both before arrays.
func key(parts ...any) []any {
	return parts
}

// afterAll sorts after all numbers and strings, as the last part of a key.
var afterAll = []any{}

// between returns the range of the keys from lower to upper, both excluded.
func between(lower, upper any) (safejs.Value, error) {
	// The library has key ranges, but no way to hand one to Delete.
	ranges, err := safejs.Global().Get("IDBKeyRange")
	if err != nil {
		return safejs.Value{}, err
	}
	return ranges.Call("bound", lower, upper, true, true)
}
