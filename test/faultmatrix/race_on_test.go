//go:build race

package faultmatrix

import "math/rand/v2"

// hurry is what all times are multiplied by: the race detector makes everything slower.
const hurry = 5

// isDrawn says of a row whether it is run: with the race detector one of five, others each
// time. All of them are run without it.
func isDrawn() bool { return rand.IntN(5) == 0 }
