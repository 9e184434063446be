package schedule

import "time"

// host is what is known of a host at the moment. While it does not answer, nobody asks it
// but one job at a time, with waits in between: a thousand records that wait for the same
// server are one client of it, not a thousand.
type host struct {
	// running counts the transfers with it.
	running int
	// failures counts the attempts in a row that found it unreachable.
	failures int
	// closed: nobody is to try before the wait is over, at the time until.
	closed bool
	until  time.Time
	// siteAnswers: the site's own server answered when this one was last tried in vain.
	siteAnswers bool
	// patience is the largest of those that tried it in vain.
	patience int
	// stopWaiting ends the wait; nil when there is none.
	stopWaiting func()
}

// isUnknown says that there is nothing to know of it.
func (h *host) isUnknown() bool {
	return h.running == 0 && h.failures == 0 && !h.closed && h.stopWaiting == nil
}

// admits says whether the job may be begun, where limit may be at once. h is nil for a host
// of which nothing is known.
func (h *host) admits(j *Job, limit int) bool {
	switch {
	case h == nil || h.givenUp(j):
		return true
	case h.closed:
		return false
	case h.failures > 0:
		return h.running == 0
	}
	return h.running < limit
}

// givenUp says whether the host was tried often enough for this job, which then fails at
// once.
func (h *host) givenUp(j *Job) bool { return h.closed && h.failures > h.patienceOf(j) }

// maxFirstContact is how often a server is tried again that has never answered,
// while the site's own does: most likely there is none of that name. Native gives
// up at once.
const maxFirstContact = 2

// patienceOf is how often the host is tried again for the job.
func (h *host) patienceOf(j *Job) int {
	if h.siteAnswers && j.work.FirstContact() {
		return min(maxFirstContact, j.group.Retry.MaxUnreachable)
	}
	return j.group.Retry.MaxUnreachable
}

// meet returns what is known of a host, and remembers it from now on; forget ends that.
func (s *Scheduler) meet(name string) *host {
	h, ok := s.hosts[name]
	if !ok {
		h = &host{}
		s.hosts[name] = h
	}
	return h
}

// forget drops a host of which there is nothing to know.
func (s *Scheduler) forget(name string) {
	if h := s.hosts[name]; h != nil && h.isUnknown() {
		delete(s.hosts, name)
	}
}

// unreachable closes the host, which the job tried in vain, for the time of the back-off.
func (s *Scheduler) unreachable(j *Job, siteAnswers bool) {
	h := s.meet(j.host)
	if h.closed {
		return // jobs that failed together are one failure
	}
	h.failures++
	h.siteAnswers = siteAnswers
	h.patience = max(h.patience, h.patienceOf(j))
	h.closed = true
	wait := j.group.Retry.Wait(h.failures)
	h.until = time.Now().Add(wait)
	h.stopWaiting = s.after(wait, func() { s.waited(j.host) })
	s.pump()
}

// waited lets a job try the host again.
func (s *Scheduler) waited(name string) {
	h := s.hosts[name]
	if h == nil || h.stopWaiting == nil {
		return
	}
	h.closed, h.stopWaiting, h.until = false, nil, time.Time{}
	if h.failures > h.patience { // all have given it up: who comes later counts anew
		h.failures, h.patience, h.siteAnswers = 0, 0, false
		s.forget(name)
	}
	s.pump()
}

// Answered opens the job's host for all: it has answered.
func (s *Scheduler) Answered(j *Job) {
	h := s.hosts[j.host]
	if h == nil || h.failures == 0 {
		return
	}
	if h.stopWaiting != nil {
		h.stopWaiting()
	}
	*h = host{running: h.running}
	s.pump()
}

// GivenUp says whether the job's host was tried often enough for now.
func (s *Scheduler) GivenUp(j *Job) bool {
	h := s.hosts[j.host]
	return h != nil && h.givenUp(j)
}
