//go:build race

package engine_test

import "math/rand/v2"

const underRaceDetector = true

// isDrawn says of one of many cases alike whether it is run. The race detector, which looks at
// how goroutines meet, makes each several times slower: with it one of five is run, others each
// time. All of them are run without it.
func isDrawn() bool { return rand.IntN(5) == 0 }
