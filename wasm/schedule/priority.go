package schedule

import "slices"

// next takes the job that is to be begun out of its queue, if there is one.
func (s *Scheduler) next() *Job {
	for i := len(s.lines) - 1; i > 0; i-- {
		if s.lines[i].passed < maxPassed || slices.ContainsFunc(s.begun, func(j *Job) bool { return j.group.rank == i }) {
			continue
		}
		if j := s.takeFrom(i); j != nil {
			j.state = RunningInTurn
			return j
		}
	}
	for i := range s.lines {
		j := s.takeFrom(i)
		if j == nil {
			continue
		}
		for k := i + 1; k < len(s.lines); k++ {
			if len(s.lines[k].rotation) > 0 {
				s.lines[k].passed++
			}
		}
		j.state = Running
		return j
	}
	return nil
}

// takeFrom takes a job out of line i: the first that its host has room for.
func (s *Scheduler) takeFrom(i int) *Job {
	l := &s.lines[i]
	for range l.rotation {
		g := l.rotation[0]
		l.rotation = l.rotation[1:]
		var j *Job
		if wait := s.MayAsk(g); wait > 0 {
			s.pumpIn(wait)
		} else {
			j = s.take(g)
		}
		if len(g.queue) > 0 {
			l.rotation = append(l.rotation, g)
		}
		if j != nil {
			l.passed = 0
			return j
		}
	}
	return nil
}

// take removes the first job from the group's queue whose host has room.
func (s *Scheduler) take(g *Group) *Job {
	for i, j := range g.queue[:min(lookAhead, len(g.queue))] {
		if !s.hosts[j.host].admits(j, s.maxPerHost) {
			continue
		}
		if i == 0 {
			g.queue = g.queue[1:]
		} else {
			g.queue = append(g.queue[:i:i], g.queue[i+1:]...)
		}
		return j
	}
	return nil
}

// makeRoom stops a job of a lower priority that has the place of a waiting one, unless
// something is about to give a place back anyway. One at a time.
func (s *Scheduler) makeRoom() {
	lowest := 0
	for _, j := range s.begun {
		if j.state == Yielding {
			return
		}
		lowest = max(lowest, j.group.rank)
	}
	for waiting := range s.waiting {
		rank := waiting.group.rank
		if rank >= lowest {
			return
		}
		if !s.hosts[waiting.host].admits(waiting, s.maxPerHost+1) {
			continue
		}
		// Of which it needs a place: of this host, or of any.
		h := s.hosts[waiting.host]
		full := h != nil && h.running >= s.maxPerHost
		var theirs []*Job
		for _, j := range s.begun {
			if !full || j.host == waiting.host {
				theirs = append(theirs, j)
			}
		}
		running := s.running
		if full {
			running = h.running
		}
		if running > len(theirs) {
			continue // a job with several transfers gives one back, see Wanted
		}
		if victim := lowestOf(theirs, rank); victim != nil {
			victim.state = Yielding
			victim.interrupt()
			return
		}
	}
}

// lowestOf returns the job of the lowest priority, the newest of several, that can be
// stopped for one of that rank, or nil.
func lowestOf(jobs []*Job, rank int) (lowest *Job) {
	for _, j := range jobs {
		if j.state != Running || j.stop == nil || !j.work.Continues() || j.group.rank <= rank {
			continue
		}
		if lowest == nil || j.group.rank >= lowest.group.rank {
			lowest = j
		}
	}
	return lowest
}
