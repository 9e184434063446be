//go:build !race

package engine_test

const underRaceDetector = false

// isDrawn says of one of many cases alike whether it is run: see race_on_test.go.
func isDrawn() bool { return true }
