package faultserver

import (
	"sync"
	"time"
)

// links are the ways of limited throughput that the responses for one name share, and those for
// others that name it.
type links struct {
	mu   sync.Mutex
	free map[string]time.Time // when it has carried all that it was given
}

// slack is how much of what a link did not carry it makes good: a response that sends its next
// piece late, on a busy machine, does not make it slower.
const slack = 50 * time.Millisecond

// carry gives n more bytes to the link of name, which carries rate bytes per second,
// and returns when they have passed.
func (l *links) carry(name string, n, rate int64) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free == nil {
		l.free = make(map[string]time.Time)
	}
	now := time.Now()
	from, known := l.free[name]
	if !known {
		from = now
	}
	if earliest := now.Add(-slack); from.Before(earliest) {
		from = earliest
	}
	l.free[name] = from.Add(time.Duration(float64(n) / float64(rate) * float64(time.Second)))
	return l.free[name]
}
