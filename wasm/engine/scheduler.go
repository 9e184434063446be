package engine

import (
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
)

// scheduler decides which record is worked on next, and bounds what runs at once, in
// total and for each host. A higher priority goes first. Among background fetches of
// the same priority it is fair (round robin). All its methods are called with the
// engine's lock held.
//
// No priority starves: one that was passed over maxPassed times, and of which nothing
// runs, has the next place, and keeps it for that record. Otherwise a record that runs
// is stopped, as by a pause, where one of a higher priority waits for its place.
type scheduler struct {
	maxTotal, maxPerHost int
	start                func(*record) // begins work on the record, without waiting
	// limit is that of all background fetches, after calls a function later, with the
	// engine's lock held.
	limit limiter
	after func(time.Duration, func())
	// next pump that after will make, zero for none.
	pumpAt time.Time

	// running counts the transfers; begun are the records that they are of.
	running int
	begun   []*record
	hosts   map[string]*hostState
	// lines has one line of waiting records for each of priorities.
	lines []line
}

// line is what waits with one priority.
type line struct {
	// rotation holds the background fetches that have queued records.
	rotation []*backgroundFetch
	// passed counts the records of higher priorities that were begun while it waited.
	passed int
}

// lookAhead is how many queued records of one background fetch are looked at for
// one whose host is not at its limit.
const lookAhead = 16

// maxPassed is how many records of higher priorities are begun before one of a lower
// priority of which none runs.
const maxPassed = 8

func newScheduler(maxTotal, maxPerHost int, start func(*record)) *scheduler {
	return &scheduler{
		maxTotal: maxTotal, maxPerHost: maxPerHost, start: start,
		hosts: map[string]*hostState{}, lines: make([]line, len(bgfetch.Priorities)),
	}
}

// enqueue puts records of one background fetch in its queue and starts what can be.
func (s *scheduler) enqueue(f *backgroundFetch, records ...*record) {
	s.queue(f, len(f.queue), records...)
}

// requeue puts a record that was begun before the others of its background fetch.
func (s *scheduler) requeue(r *record) { s.queue(r.fetch, 0, r) }

func (s *scheduler) queue(f *backgroundFetch, at int, records ...*record) {
	if len(f.queue) == 0 && len(records) > 0 {
		l := &s.lines[f.rank()]
		l.rotation = append(l.rotation, f)
	}
	f.queue = slices.Insert(f.queue, at, records...)
	s.pump()
}

// finish tells that the work on a started record has ended.
func (s *scheduler) finish(r *record) {
	s.begun = slices.DeleteFunc(s.begun, func(other *record) bool { return other == r })
	r.yields, r.keepsPlace = false, false
	s.finishTransfer(r.host)
}

// startTransfer counts another transfer with host, of a record that has one
// already, if there is room. Queued records come first: while there is room for one
// of them it is begun, so that there is none here.
func (s *scheduler) startTransfer(host string) bool {
	h := s.host(host)
	if s.running >= s.maxTotal || h.failures > 0 || h.running >= s.maxPerHost {
		return false
	}
	s.running++
	h.running++
	return true
}

// finishTransfer tells that a transfer with host has ended.
func (s *scheduler) finishTransfer(host string) {
	s.running--
	s.host(host).running--
	s.forget(host)
	s.pump()
}

// wanted says whether a queued record could begin if a transfer with host ended.
func (s *scheduler) wanted(host string) bool {
	for r := range s.waiting {
		limit := s.maxPerHost
		if r.host == host {
			limit++
		}
		if s.hosts[r.host].admits(r, limit) {
			return true
		}
	}
	return false
}

// waiting are the queued records that are looked at and only need a place, those of the highest priority first.
func (s *scheduler) waiting(yield func(*record) bool) {
	for _, l := range s.lines {
		for _, f := range l.rotation {
			if f.mayAsk() > 0 {
				continue
			}
			for _, r := range f.queue[:min(lookAhead, len(f.queue))] {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// remove forgets the queued records of a background fetch.
func (s *scheduler) remove(f *backgroundFetch) {
	f.queue = nil
	s.leave(f)
}

// leave takes a background fetch out of its line.
func (s *scheduler) leave(f *backgroundFetch) {
	for i := range s.lines {
		l := &s.lines[i]
		l.rotation = slices.DeleteFunc(l.rotation, func(other *backgroundFetch) bool { return other == f })
	}
}

// move puts a background fetch in the line of its priority, which has changed.
func (s *scheduler) move(f *backgroundFetch) {
	s.leave(f)
	queued := f.queue
	f.queue = nil
	s.enqueue(f, queued...)
}

func (s *scheduler) pump() {
	for s.running < s.maxTotal {
		r := s.next()
		if r == nil {
			break
		}
		s.running++
		s.host(r.host).running++
		s.begun = append(s.begun, r)
		s.start(r)
	}
	s.makeRoom()
}

// next takes the record that is to be begun out of its queue, if there is one.
func (s *scheduler) next() *record {
	for i := len(s.lines) - 1; i > 0; i-- {
		if s.lines[i].passed < maxPassed || slices.ContainsFunc(s.begun, func(r *record) bool { return r.fetch.rank() == i }) {
			continue
		}
		if r := s.takeFrom(i); r != nil {
			r.keepsPlace = true
			return r
		}
	}
	for i := range s.lines {
		r := s.takeFrom(i)
		if r == nil {
			continue
		}
		for j := i + 1; j < len(s.lines); j++ {
			if len(s.lines[j].rotation) > 0 {
				s.lines[j].passed++
			}
		}
		return r
	}
	return nil
}

// takeFrom takes a record out of line i: the first that its host has room for.
func (s *scheduler) takeFrom(i int) *record {
	l := &s.lines[i]
	for range l.rotation {
		f := l.rotation[0]
		l.rotation = l.rotation[1:]
		var r *record
		if wait := f.mayAsk(); wait > 0 {
			s.pumpIn(wait)
		} else {
			r = s.take(f)
		}
		if len(f.queue) > 0 {
			l.rotation = append(l.rotation, f)
		}
		if r != nil {
			l.passed = 0
			return r
		}
	}
	return nil
}

// pumpIn pumps when a limit allows more.
func (s *scheduler) pumpIn(wait time.Duration) {
	at := time.Now().Add(wait)
	if !s.pumpAt.IsZero() && !at.Before(s.pumpAt) {
		return
	}
	s.pumpAt = at
	s.after(wait, func() {
		if s.pumpAt.Equal(at) {
			s.pumpAt = time.Time{}
		}
		s.pump()
	})
}

// take removes the first record from f's queue whose host has room.
func (s *scheduler) take(f *backgroundFetch) *record {
	for i, r := range f.queue[:min(lookAhead, len(f.queue))] {
		if s.hosts[r.host].admits(r, s.maxPerHost) {
			if i == 0 {
				f.queue = f.queue[1:]
			} else {
				f.queue = append(f.queue[:i:i], f.queue[i+1:]...)
			}
			return r
		}
	}
	return nil
}

// makeRoom stops a record of a lower priority that has the place of a waiting one,
// unless something is about to give a place back anyway. One at a time.
func (s *scheduler) makeRoom() {
	lowest := 0
	for _, r := range s.begun {
		if r.yields {
			return
		}
		lowest = max(lowest, r.fetch.rank())
	}
	for r := range s.waiting {
		rank := r.fetch.rank()
		if rank >= lowest {
			return
		}
		if !s.hosts[r.host].admits(r, s.maxPerHost+1) {
			continue
		}
		// Of which it needs a place: of this host, or of any.
		h := s.hosts[r.host]
		full := h != nil && h.running >= s.maxPerHost
		var theirs []*record
		for _, other := range s.begun {
			if !full || other.host == r.host {
				theirs = append(theirs, other)
			}
		}
		running := s.running
		if full {
			running = h.running
		}
		if running > len(theirs) {
			continue // a record with several transfers gives one back, see attempt.yield
		}
		if victim := lowestOf(theirs, rank); victim != nil {
			victim.yields = true
			victim.interrupt()
			return
		}
	}
}

// lowestOf returns the record of the lowest priority, the newest of several, that can
// be stopped for one of that rank, or nil. One that would have to begin again cannot.
func lowestOf(records []*record, rank int) (lowest *record) {
	for _, r := range records {
		data := &r.state.Response
		begins := data.Head != nil && (!data.Resumable || evidence.CodingOfBody(data) == evidence.CodingSome)
		if r.keepsPlace || r.interrupt == nil || begins || r.fetch.rank() <= rank {
			continue
		}
		if lowest == nil || r.fetch.rank() >= lowest.fetch.rank() {
			lowest = r
		}
	}
	return lowest
}
