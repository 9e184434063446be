package bgfetchtest

import (
	"bytes"
	"runtime"
)

// Goroutines is the number of goroutines. That of runtime.NumGoroutine may still have some
// that have ended.
func Goroutines() int {
	stacks := make([]byte, 4<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("\ngoroutine ")) + 1
}
