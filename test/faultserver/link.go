package faultserver

import (
	"sync"
	"time"
)

// links are the ways of limited throughput that the responses for one name share.
type links struct {
	mu   sync.Mutex
	free map[string]time.Time // when it has carried all that it was given
}

// carry gives n more bytes to the link of name, which carries rate bytes per second,
// and returns when they have passed.
func (l *links) carry(name string, n, rate int64) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free == nil {
		l.free = make(map[string]time.Time)
	}
	from := l.free[name]
	if now := time.Now(); from.Before(now) {
		from = now
	}
	l.free[name] = from.Add(time.Duration(float64(n) / float64(rate) * float64(time.Second)))
	return l.free[name]
}
