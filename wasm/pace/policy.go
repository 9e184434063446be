package pace

import (
	"math"
	"time"
)

// Policy says when a record is moved by several requests at a time, each for
// a range of its body (docs/decisions/ranges.md). How many is found out by
// measuring.
type Policy struct {
	// MinBody is the least length of such a body. MinPart is the least length of
	// either part when one is split, and MinTime the least time that what is left of
	// it would take.
	MinBody, MinPart int64
	MinTime          time.Duration
	// Window is the least time that the throughput is measured for. Gain is how much
	// of a proportional gain more parts must bring: with 0.4, twice as many parts
	// 1.4 times the throughput.
	Window time.Duration
	Gain   float64
}

// DefaultPolicy is the engine's.
var DefaultPolicy = Policy{
	MinBody: 16 << 20,
	MinPart: 1 << 20,
	MinTime: 2 * time.Second,
	Window:  500 * time.Millisecond,
	Gain:    0.4,
}

// OneRange is the policy without additional requests.
var OneRange = Policy{MinBody: math.MaxInt64}
