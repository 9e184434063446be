package faultserver

import (
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// phases are times in which requests get another answer than their URLs say: in a deploy, or
// behind a captive portal. The name "" stands for all.
type phases struct {
	mu     sync.Mutex
	byName map[string]phase
}

type phase struct {
	until      time.Time
	status     int
	retryAfter string
}

// begin lets a name be answered so for as long as the query says, 10 s if it does not.
func (p *phases) begin(name string, query url.Values) error {
	one, ms := phase{status: http.StatusServiceUnavailable, retryAfter: query.Get("retryafter")}, int64(10000)
	for parameter, target := range map[string]any{"status": &one.status, "ms": &ms} {
		if query.Has(parameter) {
			if err := set(target, query.Get(parameter)); err != nil {
				return err
			}
		}
	}
	one.until = time.Now().Add(time.Duration(ms) * time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName == nil {
		p.byName = map[string]phase{}
	}
	p.byName[name] = one
	return nil
}

// of is the phase of a name, if there is one.
func (p *phases) of(name string) (phase, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range []string{name, ""} {
		if one, ok := p.byName[key]; ok && time.Now().Before(one.until) {
			return one, true
		}
	}
	return phase{}, false
}

// sendPhase answers as the phase says: with a status, or with the page of a portal.
func (a *answer) sendPhase(p phase) Outcome {
	if p.retryAfter != "" {
		a.w.Header().Set("Retry-After", p.retryAfter)
	}
	if p.status >= 300 {
		return a.sendShort(p.status, "for now\n")
	}
	const page = "<!doctype html><title>Log in</title><p>Who are you?\n"
	a.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	a.w.Header().Set("Cache-Control", "no-store")
	a.w.WriteHeader(p.status)
	a.server.journal.update(a.entry, func(e *Entry) { e.Status = p.status })
	if a.r.Method != http.MethodHead {
		n, _ := io.WriteString(a.w, page)
		a.server.journal.update(a.entry, func(e *Entry) { e.BytesSent = int64(n) })
	}
	return Complete
}
