// Package schedule decides who may ask whom, and when: which job is worked on next, how
// many at once, in total and for each host, and how fast. It knows nothing of what the jobs
// are.
package schedule

import (
	"slices"
	"time"
)

// Scheduler chooses jobs. A higher priority goes first. Among groups of the same priority
// it is fair (round robin).
//
// No priority starves: one that was passed over maxPassed times, and of which nothing
// runs, has the next place, and keeps it for that job. Otherwise a job that runs is
// stopped, as by a pause, where one of a higher priority waits for its place.
//
// It has no lock of its own. Whoever has it calls all its methods, and those of its groups
// and jobs, under one lock; under that lock it calls Work.
type Scheduler struct {
	maxTotal, maxPerHost int
	// limit is that of all groups together.
	limit limiter
	after After

	// pumpAt is when pump will be called next, zero for never.
	pumpAt time.Time
	// running counts the transfers; begun are the jobs with a place. A job can have several.
	running int
	begun   []*Job
	hosts   map[string]*host
	// lines has one line of waiting jobs for each rank.
	lines []line
}

// After calls a function later, under the lock, unless stop was called before.
type After func(wait time.Duration, call func()) (stop func())

// line is what waits with one rank.
type line struct {
	// rotation holds the groups that have queued jobs and are not held.
	rotation []*Group
	// passed counts the jobs of higher priorities that were begun while it waited.
	passed int
}

// lookAhead is how many queued jobs of one group are looked at for one whose host is not
// at its limit.
const lookAhead = 16

// maxPassed is how many jobs of higher priorities are begun before one of a lower priority
// of which none runs.
const maxPassed = 8

// Limits bound what runs at once, and how fast.
type Limits struct {
	// Total bounds the transfers at once, PerHost those with one host.
	Total, PerHost int
	// Rate bounds what all together bring, in bytes per second; 0: nothing does.
	Rate int64
	// Ranks is the number of priorities.
	Ranks int
}

// New makes a scheduler without jobs.
func New(limits Limits, after After) *Scheduler {
	return &Scheduler{
		maxTotal: limits.Total, maxPerHost: limits.PerHost, limit: limiter{rate: limits.Rate}, after: after,
		hosts: map[string]*host{}, lines: make([]line, limits.Ranks),
	}
}

// Enqueue lets jobs of the group wait for a place, after the others, and begins what can be.
func (s *Scheduler) Enqueue(g *Group, jobs ...*Job) { s.enqueue(g, len(g.queue), jobs...) }

// Requeue lets a job that was begun wait for a place again, before the others of its group.
func (s *Scheduler) Requeue(j *Job) {
	at := 0
	if j.group.held {
		at = len(j.group.queue)
	}
	s.enqueue(j.group, at, j)
}

func (s *Scheduler) enqueue(g *Group, at int, jobs ...*Job) {
	for _, j := range jobs {
		j.state = Queued
	}
	waited := len(g.queue) > 0
	g.queue = slices.Insert(g.queue, at, jobs...)
	if g.held {
		return
	}
	if !waited && len(jobs) > 0 {
		s.join(g)
	}
	s.pump()
}

// join puts a group at the end of its line.
func (s *Scheduler) join(g *Group) {
	l := &s.lines[g.rank]
	l.rotation = append(l.rotation, g)
}

// leave takes a group out of its line.
func (s *Scheduler) leave(g *Group) {
	for i := range s.lines {
		l := &s.lines[i]
		l.rotation = slices.DeleteFunc(l.rotation, func(other *Group) bool { return other == g })
	}
}

// Remove forgets the waiting jobs of a group, and who has answered it.
func (s *Scheduler) Remove(g *Group) {
	for name, h := range s.hosts {
		if h.answered[g] {
			delete(h.answered, g)
			if !h.hasAnswered() { // who is left counts, from now on
				h.failures = min(h.failures, 1)
			}
		}
		s.forget(name)
	}
	for _, j := range g.queue {
		j.state = Idle
	}
	g.queue = nil
	s.leave(g)
}

// Hold lets the group begin nothing more. What it has begun its owner interrupts.
func (s *Scheduler) Hold(g *Group) {
	g.held = true
	s.leave(g)
}

// GoOn ends Hold.
func (s *Scheduler) GoOn(g *Group) {
	if g.held && len(g.queue) > 0 {
		s.join(g)
	}
	g.held = false
	s.pump()
}

// SetRank changes the priority of a group, whose waiting jobs go to the end of that line.
func (s *Scheduler) SetRank(g *Group, rank int) {
	s.leave(g)
	g.rank = rank
	if g.Queued() {
		s.join(g)
	}
	s.pump()
}

// Interrupt breaks the work of a job off, where that may be: it is held.
func (s *Scheduler) Interrupt(j *Job) { j.interrupt() }

// Interruptible names what breaks the work off from now on, and calls it if that is to
// happen already.
func (s *Scheduler) Interruptible(j *Job, stop func()) {
	j.stop = stop
	if j.Interrupted() {
		stop()
	} else {
		s.makeRoom()
	}
}

// Release gives the place of a job to another one, since it asks for nothing more.
func (s *Scheduler) Release(j *Job) {
	j.state = Released
	s.end(j)
}

// End tells that the work on a job has ended. unreachable: its host did not answer;
// siteAnswers: the site's own server did.
func (s *Scheduler) End(j *Job, unreachable, siteAnswers bool) {
	j.stop = nil
	s.spend(j.group, -j.reserved)
	j.reserved = 0
	if unreachable {
		s.unreachable(j, siteAnswers)
	}
	hadPlace := j.hasPlace()
	j.state = Idle
	if hadPlace {
		s.end(j)
	}
}

// end gives the place of a job back.
func (s *Scheduler) end(j *Job) {
	s.begun = slices.DeleteFunc(s.begun, func(other *Job) bool { return other == j })
	s.giveBack(j.host)
}

// Another counts another transfer with the job's host, of a job that has one already, and
// says whether there is room for it. Queued jobs come first: while there is room for one of
// them it is begun, so that there is none here. Return gives it back.
func (s *Scheduler) Another(j *Job) bool {
	h := s.meet(j.host)
	if s.running >= s.maxTotal || h.failures > 0 || h.running >= s.maxPerHost {
		s.forget(j.host)
		return false
	}
	s.running++
	h.running++
	return true
}

// Return tells that a transfer of the job has ended that is not its last.
func (s *Scheduler) Return(j *Job) { s.giveBack(j.host) }

// giveBack tells that a transfer with the host has ended.
func (s *Scheduler) giveBack(host string) {
	s.running--
	s.hosts[host].running--
	s.forget(host)
	s.pump()
}

// Wanted says whether a queued job could begin if a transfer of the job's host ended.
func (s *Scheduler) Wanted(j *Job) bool {
	for waiting := range s.waiting {
		limit := s.maxPerHost
		if waiting.host == j.host {
			limit++
		}
		if s.hosts[waiting.host].admits(waiting, limit) {
			return true
		}
	}
	return false
}

// waiting are the queued jobs that are looked at and only need a place, those of the
// highest priority first.
func (s *Scheduler) waiting(yield func(*Job) bool) {
	for _, l := range s.lines {
		for _, g := range l.rotation {
			if s.MayAsk(g) > 0 {
				continue
			}
			for _, j := range g.queue[:min(lookAhead, len(g.queue))] {
				if !yield(j) {
					return
				}
			}
		}
	}
}

// pump begins what there is room for.
func (s *Scheduler) pump() {
	for s.running < s.maxTotal {
		j := s.next()
		if j == nil {
			break
		}
		s.running++
		s.meet(j.host).running++
		s.begun = append(s.begun, j)
		j.work.Start()
	}
	s.makeRoom()
}

// pumpIn pumps when a limit allows more.
func (s *Scheduler) pumpIn(wait time.Duration) {
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
