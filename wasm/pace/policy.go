package pace

import (
	"math"
	"time"
)

// Policy says when a record is moved by several requests at a time, each for
// a range of its body (docs/decisions/ranges.md). How many is found out by
// measuring.
type Policy struct {
	// MinBody is the least length of such a body, MinPart the least of an additional part.
	MinBody, MinPart int64
	// MinTime is how long what is left has to take for another part, PartTime how long a
	// part takes at most, unless it brings no more than PartLength: a request costs time and, where
	// seams are compared, bytes.
	MinTime, PartTime time.Duration
	PartLength        int64
	// Unproved is how many bytes additional parts may bring before they have proved to be a
	// gain: so many, or that share of the body, whatever is more.
	Unproved      int64
	UnprovedShare float64
	// Window is the time that the throughput is measured for. Gain is how much of a
	// proportional gain more parts must bring: with 0.4, twice as many parts 1.4 times the
	// throughput.
	Window time.Duration
	Gain   float64
	// Multiplexed is how many parts there are at most where all share one connection.
	Multiplexed int
	// Again is the time after which a number of parts is tried again that was too large.
	Again time.Duration
}

// DefaultPolicy is the engine's.
var DefaultPolicy = Policy{
	MinBody:       16 << 20,
	MinPart:       256 << 10,
	MinTime:       time.Second,
	PartTime:      8 * time.Second,
	PartLength:    4 << 20,
	Unproved:      1 << 20,
	UnprovedShare: 0.02,
	Window:        250 * time.Millisecond,
	Gain:          0.45,
	Multiplexed:   3,
	Again:         30 * time.Second,
}

// OneRange is the policy without additional requests.
var OneRange = Policy{MinBody: math.MaxInt64}
