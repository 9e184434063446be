//go:build race

package bgfetchtest

import "math/rand/v2"

// UnderRaceDetector says whether the race detector is on.
const UnderRaceDetector = true

// IsDrawn says of one of many cases alike whether it is run. The race detector, which looks at
// how goroutines meet, makes each several times slower: with it one of five is run, others each
// time. All of them are run without it.
func IsDrawn() bool { return rand.IntN(5) == 0 }
