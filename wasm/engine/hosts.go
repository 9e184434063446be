package engine

import "time"

// hostState is what is known of a host at the moment. While it does not answer,
// nobody asks it but one record at a time, with waits in between: a thousand
// records that wait for the same server are one client of it, not a thousand.
type hostState struct {
	// running counts the records that are worked on.
	running int
	// failures counts the attempts in a row that found it unreachable.
	failures int
	// closed: nobody is to try before the wait is over.
	closed bool
	// siteAnswers: the site's own server answered when this one was last tried in vain.
	siteAnswers bool
	// patience is the largest of those that tried it in vain.
	patience int
	// timer ends the wait, at the time until; nil when there is none.
	timer *time.Timer
	until time.Time
}

// admits says whether the record may be begun, where limit records may be at once. h
// is nil for a host of which nothing is known.
func (h *hostState) admits(r *record, limit int) bool {
	switch {
	case h == nil || h.givenUp(r):
		return true
	case h.closed:
		return false
	case h.failures > 0:
		return h.running == 0
	}
	return h.running < limit
}

// givenUp says whether the host was tried often enough for this record, which then
// fails at once.
func (h *hostState) givenUp(r *record) bool {
	return h.closed && h.failures > h.patienceOf(r)
}

// maxFirstContact is how often a server is tried again that has never answered,
// while the site's own does: most likely there is none of that name. Native gives
// up at once.
const maxFirstContact = 2

// patienceOf is how often the host is tried again for the record.
func (h *hostState) patienceOf(r *record) int {
	if h.siteAnswers && r.firstContact() {
		return min(maxFirstContact, r.fetch.retry.MaxUnreachable)
	}
	return r.fetch.retry.MaxUnreachable
}

func (s *scheduler) host(name string) *hostState {
	h, ok := s.hosts[name]
	if !ok {
		h = &hostState{}
		s.hosts[name] = h
	}
	return h
}

// forget drops a host of which there is nothing to know.
func (s *scheduler) forget(name string) {
	if h := s.hosts[name]; *h == (hostState{}) {
		delete(s.hosts, name)
	}
}

// hostUnreachable closes the host, which the record tried in vain, for the time of
// the back-off. e.mu is held.
func (e *Engine) hostUnreachable(r *record, siteAnswers bool) {
	h, policy := e.scheduler.host(r.host), r.fetch.retry
	if h.closed {
		return // records that failed together are one failure
	}
	h.failures++
	h.siteAnswers = siteAnswers
	h.patience = max(h.patience, h.patienceOf(r))
	h.closed = true
	wait := policy.Wait(h.failures)
	h.until = time.Now().Add(wait)
	h.timer = time.AfterFunc(wait, func() { e.hostWaited(r.host) })
	e.scheduler.pump()
}

// hostWaited lets a record try the host again.
func (e *Engine) hostWaited(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := e.scheduler.host(name)
	if e.ctx.Err() != nil || h.timer == nil {
		return
	}
	h.closed, h.timer, h.until = false, nil, time.Time{}
	if h.failures > h.patience { // all have given it up: who comes later counts anew
		h.failures, h.patience, h.siteAnswers = 0, 0, false
		e.scheduler.forget(name)
	}
	e.scheduler.pump()
}

// hostAnswered opens the host for all.
func (e *Engine) hostAnswered(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := e.scheduler.host(name)
	if h.failures == 0 {
		return
	}
	if h.timer != nil {
		h.timer.Stop()
	}
	*h = hostState{running: h.running}
	e.scheduler.pump()
}

// givenUp says whether the record's host was tried often enough for now.
func (e *Engine) givenUp(r *record) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := e.scheduler.hosts[r.host]
	return h != nil && h.givenUp(r)
}
