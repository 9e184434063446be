//go:build !race

package bgfetchtest

// UnderRaceDetector says whether the race detector is on.
const UnderRaceDetector = false

// IsDrawn says of one of many cases alike whether it is run: see race_on.go.
func IsDrawn() bool { return true }
