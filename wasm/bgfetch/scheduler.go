package bgfetch

import "slices"

// scheduler decides which record is worked on next. It is fair between
// background fetches (round robin) and bounds what runs at once, in total and
// for each host. All its methods are called with the engine's lock held.
type scheduler struct {
	maxTotal, maxPerHost int
	start                func(*record) // begins work on the record, without waiting

	running int
	hosts   map[string]*hostState
	// rotation holds the background fetches that have queued records.
	rotation []*backgroundFetch
}

// lookAhead is how many queued records of one background fetch are looked at for
// one whose host is not at its limit.
const lookAhead = 16

func newScheduler(maxTotal, maxPerHost int, start func(*record)) *scheduler {
	return &scheduler{maxTotal: maxTotal, maxPerHost: maxPerHost, start: start, hosts: map[string]*hostState{}}
}

// enqueue puts records of one background fetch in its queue and starts what can be.
func (s *scheduler) enqueue(f *backgroundFetch, records ...*record) {
	if len(f.queue) == 0 && len(records) > 0 {
		s.rotation = append(s.rotation, f)
	}
	f.queue = append(f.queue, records...)
	s.pump()
}

// requeue puts a record that was begun before the others of its background fetch.
func (s *scheduler) requeue(r *record) {
	f := r.fetch
	if len(f.queue) == 0 {
		s.rotation = append(s.rotation, f)
	}
	f.queue = slices.Insert(f.queue, 0, r)
	s.pump()
}

// finish tells that the work on a started record has ended.
func (s *scheduler) finish(r *record) { s.finishTransfer(r.host) }

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
	for _, f := range s.rotation {
		for _, r := range f.queue[:min(lookAhead, len(f.queue))] {
			limit := s.maxPerHost
			if r.host == host {
				limit++
			}
			if s.hosts[r.host].admits(r, limit) {
				return true
			}
		}
	}
	return false
}

// remove forgets the queued records of a background fetch.
func (s *scheduler) remove(f *backgroundFetch) {
	f.queue = nil
	for i, other := range s.rotation {
		if other == f {
			s.rotation = append(s.rotation[:i], s.rotation[i+1:]...)
			return
		}
	}
}

func (s *scheduler) pump() {
	for blocked := 0; s.running < s.maxTotal && blocked < len(s.rotation); {
		f := s.rotation[0]
		s.rotation = s.rotation[1:]
		r := s.take(f)
		if r == nil {
			blocked++
		} else {
			blocked = 0
			s.running++
			s.host(r.host).running++
			s.start(r)
		}
		if len(f.queue) > 0 {
			s.rotation = append(s.rotation, f)
		}
	}
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
