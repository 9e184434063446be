package bgfetch

import "time"

// Stall is for how long a record has brought no byte, stored with it: the time between its
// tries that failed. The zero value stands for progress.
type Stall struct {
	// Waited is that time in ms.
	Waited int64 `json:"waited,omitempty"`
	// Tried is when the last try failed, in ms since 1970 by a clock that may be set; 0 for
	// none.
	Tried int64 `json:"tried,omitempty"`
}

const (
	// countedShare of what is allowed in all, or leastCounted, is what the time between two
	// tries counts for at most.
	countedShare = 7
	leastCounted = 10 * time.Minute
)

// Failed counts a try that failed, and returns for how long there has been no progress.
//
// While the worker is dead, the background fetch paused or the browser offline, nobody
// tries, and the clock may be set to anything. Such a time counts when a try after it has
// failed too, and then for no more than a seventh of giveUpAfter. A clock that was set back
// costs the time of one wait.
func (s *Stall) Failed(now time.Time, giveUpAfter time.Duration) time.Duration {
	at := now.UnixMilli()
	if s.Tried != 0 {
		most := max(giveUpAfter/countedShare, leastCounted)
		s.Waited += min(max(0, at-s.Tried), most.Milliseconds())
	}
	s.Tried = at
	return s.Stalled()
}

// Stalled is for how long there has been no progress.
func (s *Stall) Stalled() time.Duration { return time.Duration(s.Waited) * time.Millisecond }
