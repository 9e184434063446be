package bgfetchtest

import (
	"bytes"
	"regexp"
	"runtime"
)

var bubble = regexp.MustCompile(`^goroutine .*(, synctest bubble \d+\]:)`)

// Goroutines is the number of goroutines of the synctest bubble that it is called in. Outside of it,
// some of the tests before may still be ending, and that of runtime.NumGoroutine may count those that
// have ended.
func Goroutines() int {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	mine := bubble.FindSubmatch(stacks) // the first is the caller's
	if mine == nil {
		panic("not called in a synctest bubble")
	}
	return bytes.Count(stacks, mine[1])
}
