package schedule

import "time"

// host is what is known of a host at the moment. While it does not answer, nobody asks it
// but one job at a time, with waits in between: a thousand records that wait for the same
// server are one client of it, not a thousand.
type host struct {
	// running counts the transfers with it.
	running int
	// answered are the groups that it has answered before.
	answered map[*Group]bool
	// stalled is for how long it has brought nothing, by those that tried it.
	stalled time.Duration
	// failures counts the attempts in a row that found it unreachable.
	failures int
	// closed: nobody is to try before the wait is over, at the time until.
	closed bool
	until  time.Time
	// siteAnswers: the site's own server answered when this one was last tried in vain.
	siteAnswers bool
	// patience and giveUpAfter are the largest of those that tried it in vain.
	patience    int
	giveUpAfter time.Duration
	// hastened: the wait for it was ended early. That try counts for nothing if it fails.
	hastened bool
	// stopWaiting ends the wait; nil when there is none.
	stopWaiting func()
}

// isUnknown says that there is nothing to know of it.
func (h *host) isUnknown() bool {
	return h.running == 0 && !h.hasAnswered() && h.failures == 0 && !h.closed && h.stopWaiting == nil
}

// hasAnswered says whether it has answered somebody before who is still there.
func (h *host) hasAnswered() bool { return len(h.answered) > 0 }

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

// givenUp says whether the host was tried often enough for this job, or for long enough. The
// job then fails at once.
func (h *host) givenUp(j *Job) bool {
	return h.closed && (h.failures > h.patienceOf(j) || h.stalledFor(j) >= j.group.Retry.GiveUpAfter)
}

// stalledFor is for how long the host has brought the job nothing.
func (h *host) stalledFor(j *Job) time.Duration {
	return min(h.stalled, max(0, time.Since(j.group.Created)))
}

// allGaveUp says whether all that tried it in vain have given it up.
func (h *host) allGaveUp() bool { return h.failures > h.patience || h.stalled >= h.giveUpAfter }

// maxFirstContact is how often a server is tried again that has never answered,
// while the site's own does: most likely there is none of that name. Native gives
// up at once.
const maxFirstContact = 2

// patienceOf is how often the host is tried again for the job.
func (h *host) patienceOf(j *Job) int {
	most := j.group.Retry.UnreachableTries(h.hasAnswered())
	if h.siteAnswers && !h.hasAnswered() && j.work.FirstContact() {
		return min(maxFirstContact, most)
	}
	return most
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
	if !h.hastened {
		h.failures++
	}
	h.hastened = false
	h.siteAnswers = siteAnswers
	h.patience = max(h.patience, h.patienceOf(j))
	h.giveUpAfter = max(h.giveUpAfter, j.group.Retry.GiveUpAfter)
	h.closed = true
	wait := j.group.Retry.PatientWait(h.failures, h.stalledFor(j))
	h.until = time.Now().Add(wait)
	h.stopWaiting = s.after(wait, func() { s.endWait(j.host) })
	s.pump()
}

// endWait lets a job try the host again.
func (s *Scheduler) endWait(name string) {
	h := s.hosts[name]
	if h == nil || h.stopWaiting == nil {
		return
	}
	h.closed, h.stopWaiting, h.until = false, nil, time.Time{}
	if h.allGaveUp() { // who comes later counts anew
		*h = host{running: h.running, answered: h.answered}
		s.forget(name)
	}
	s.pump()
}

// Hasten ends the waits for all hosts: something speaks for another try.
func (s *Scheduler) Hasten() {
	for name, h := range s.hosts {
		if h.stopWaiting != nil && !h.allGaveUp() {
			h.stopWaiting()
			h.hastened = true
			s.endWait(name)
		}
	}
}

// Answered opens the job's host for all: it has answered.
func (s *Scheduler) Answered(j *Job) {
	h := s.meet(j.host)
	waited := h.failures > 0
	if h.stopWaiting != nil {
		h.stopWaiting()
	}
	*h = host{running: h.running, answered: h.answered}
	s.Recall(j, 0)
	if waited {
		s.pump()
	}
}

// Recall tells that the job's host has answered its group before, and for how long it has
// brought nothing. That holds for all, until the group is removed.
func (s *Scheduler) Recall(j *Job, stalled time.Duration) {
	h := s.meet(j.host)
	if h.answered == nil {
		h.answered = map[*Group]bool{}
	}
	h.answered[j.group] = true
	h.stalled = max(h.stalled, stalled)
}

// HasAnswered says whether the job's host has answered before.
func (s *Scheduler) HasAnswered(j *Job) bool {
	h := s.hosts[j.host]
	return h != nil && h.hasAnswered()
}

// GivenUp says whether the job's host was tried often enough for now.
func (s *Scheduler) GivenUp(j *Job) bool {
	h := s.hosts[j.host]
	return h != nil && h.givenUp(j)
}
