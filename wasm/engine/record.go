package engine

import (
	"cmp"
	"context"
	"log"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
	"background-fetch-wasm/wasm/schedule"
)

// record is a record in the engine's hands. While a goroutine works on it, that
// goroutine alone changes state, under the engine's lock.
type record struct {
	fetch   *backgroundFetch
	index   int
	request bgfetch.Request
	// job is what it has of the scheduler.
	job *schedule.Job
	// check is what the body is checked against.
	check digest.Check
	state bgfetch.RecordState
	// seek is where a reader waits and no attempt knows of it yet, wake tells the
	// attempt under way.
	seek *int64
	wake chan struct{}
	// single: several ranges at a time, or bounded ones, have proved to be impossible.
	// pacer knows how many are worth it; nil where the body is not large. Neither is stored.
	single bool
	pacer  *pacer
	// rangeless: ranges proved to be of other bytes than those that are read. Not stored.
	rangeless bool
	// brought is what the last range brought that was to bring more, 0 for none; brings the
	// same, where it said so or the one before brought just as much.
	brought, brings int64
	// pastCache: the next request goes past the browser's HTTP cache.
	pastCache bool
	// despite: the next request is made although the browser says that it is offline.
	despite bool

	// failures and the like count since the last byte of progress: idle the attempts that
	// moved nothing and would be followed at once by another. They are not stored: a new
	// engine counts anew.
	failures, statusRetries, idle int
	// unprovedEnds counts the ends of the body that nothing proved, unprovedEnd is where
	// the last of them was, and unprovedSame how many in a row were there. told is the
	// length that the body has at least, as ranges of it told.
	unprovedEnds, unprovedSame int
	// takesEnd: that end is taken for the end if the server answers no more requests.
	takesEnd          bool
	unprovedEnd, told int64
	// endedAt is where a response ended last, in order, and nothing proved that the body ends
	// there; 0 for nowhere.
	endedAt int64
}

// key is the key of a segment of that generation of the record's response data.
func (r *record) key(generation int, s bgfetch.Segment) bgfetch.SegmentKey {
	return bgfetch.SegmentKey{Index: r.index, Generation: generation, Offset: s.Offset, Put: s.Put}
}

// keys are the keys of segments of the same generation.
func (r *record) keys(generation int, segments []bgfetch.Segment) []bgfetch.SegmentKey {
	keys := make([]bgfetch.SegmentKey, len(segments))
	for i, s := range segments {
		keys[i] = r.key(generation, s)
	}
	return keys
}

// safe says that the request may be sent again.
func (r *record) safe() bool { return r.request.Method == "GET" }

// ownRange says that the site asks for a range itself: what comes is not the
// resource from byte 0 on, and cannot be continued.
func (r *record) ownRange() bool { return bgfetch.HeaderValue(r.request.Headers, "Range") != "" }

// FirstContact implements schedule.Work.
func (r *record) FirstContact() bool {
	data := &r.state.Response
	return data.Head == nil && len(data.Segments) == 0 && r.job.Host() != r.fetch.engine.options.Origin
}

// Continues implements schedule.Work: one that would have to begin again does not.
func (r *record) Continues() bool {
	data := &r.state.Response
	return data.Head == nil || (data.Resumable && evidence.CodingOfBody(data) != evidence.CodingSome)
}

// verdict is what an attempt at a record ends with.
type verdict struct {
	// settled is the record's result, if it has one now.
	settled bgfetch.ResponseResult
	// wait is the time until the next attempt.
	wait time.Duration
	// online: the next attempt is made when the network is back.
	online bool
	// unreachable: the host does not answer. The next attempt is made when it does,
	// or may.
	unreachable bool
	// siteAnswers: the site's own server does, though.
	siteAnswers bool
	// why is for the log.
	why string
}

// Start implements schedule.Work: it begins an attempt. e.mu is held.
func (r *record) Start() {
	e := r.fetch.engine
	r.fetch.transfers.Add(1)
	r.fetch.running++
	r.reserve()
	e.noteActivity(r.fetch)
	e.goWork(func() {
		defer r.fetch.transfers.Done()
		v := r.attempt(r.fetch.ctx)
		e.mu.Lock()
		defer e.mu.Unlock()
		r.wake = nil
		r.fetch.running--
		e.scheduler.End(r.job, v.unreachable, v.siteAnswers)
		e.conclude(r, v)
		e.noteActivity(r.fetch)
	})
}

// conclude does what the verdict of an attempt says. e.mu is held.
func (e *Engine) conclude(r *record, v verdict) {
	f := r.fetch
	event := bgfetch.LogAttempt
	if v.settled != bgfetch.ResponseNone {
		event = bgfetch.LogRecord
	}
	if f.ctx.Err() == nil && (v.why != "" || v.settled != bgfetch.ResponseNone) {
		r.note(bgfetch.LogEntry{Event: event, Detail: cmp.Or(v.why, string(v.settled))})
	}
	if v.why != "" && v.settled != bgfetch.ResponseSuccess && f.ctx.Err() == nil {
		if v.settled != bgfetch.ResponseNone && f.detail == "" {
			f.detail = shorten(strings.TrimPrefix(v.why, string(v.settled)+": "), maxLogText)
		}
		log.Printf("background fetch %q, record %d (%s): %s", f.state.ID, r.index, r.request.URL, v.why)
	}
	switch {
	case v.settled == bgfetch.ResponseResult(bgfetch.ReasonDownloadTotalExceeded):
		e.settle(f, bgfetch.ReasonDownloadTotalExceeded)
	case v.settled != bgfetch.ResponseNone:
		if f.unsettled--; f.unsettled == 0 {
			e.complete(f)
		}
	case f.ctx.Err() != nil:
		// It has settled, or the engine ends.
	case v.online:
		e.waitForNetwork(r)
	case v.wait > 0:
		f.retries[r] = time.Now().Add(v.wait)
		time.AfterFunc(v.wait, func() { e.retry(r) })
	default:
		e.scheduler.Requeue(r.job)
	}
}

// retry queues a record whose wait is over.
func (e *Engine) retry(r *record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(r.fetch.retries, r)
	if r.fetch.ctx.Err() == nil {
		e.scheduler.Requeue(r.job)
	}
}

// online is the browser's opinion, unless it has proved to be wrong.
func (e *Engine) online() bool {
	if e.Network.Online() {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.worksOffline
}

// despiteOffline says, once, whether the record is to be tried although the browser says
// that it is offline.
func (r *record) despiteOffline() bool {
	r.fetch.engine.mu.Lock()
	defer r.fetch.engine.mu.Unlock()
	despite := r.despite
	r.despite = false
	return despite
}

// networkWorks takes down that a response came. Where the browser says that it is
// offline, as it does with some virtual adapters, it is not believed for now.
func (e *Engine) networkWorks() {
	if e.Network.Online() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.worksOffline = true
	e.goOnline()
}

// networkFails takes back what networkWorks took down.
func (e *Engine) networkFails() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.worksOffline = false
}

const (
	// offlineTry is the time after which one record is tried although the browser says
	// that it is offline, doubled each time up to maxOfflineTry.
	offlineTry    = 15 * time.Second
	maxOfflineTry = 5 * time.Minute
)

// waitForNetwork queues the record again when the browser is online. e.mu is held.
func (e *Engine) waitForNetwork(r *record) {
	e.waitingOnline = append(e.waitingOnline, r)
	r.fetch.offline++
	if e.waitsOnline {
		return // somebody waits already
	}
	e.waitsOnline = true
	e.goWork(func() {
		for try := offlineTry; ; try = min(2*try, maxOfflineTry) {
			ctx, cancel := context.WithTimeout(e.ctx, try)
			err := e.Network.WaitOnline(ctx)
			late := ctx.Err() != nil
			cancel()
			if !e.waited(err, late) {
				return
			}
		}
	})
}

// waited goes on after a wait for the network, and says whether to wait again. late: it
// did not come in time.
func (e *Engine) waited(err error, late bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.ctx.Err() != nil:
		return false
	case len(e.waitingOnline) > 0 && late:
		r := e.waitingOnline[0]
		e.waitingOnline = e.waitingOnline[1:]
		r.despite = true
		r.fetch.offline--
		e.scheduler.Requeue(r.job)
		return true
	case err != nil && !late:
		log.Printf("cannot wait for the network: %v", err)
	}
	e.waitsOnline = false
	e.goOnline()
	return false
}

// goOnline queues all records that wait for the network. e.mu is held.
func (e *Engine) goOnline() {
	waiting := e.waitingOnline
	e.waitingOnline = nil
	for _, r := range slices.Backward(waiting) { // the first to wait is to be the first again
		r.fetch.offline--
		e.scheduler.Requeue(r.job)
	}
}

// storedRanges names where the bytes from offset on lie, length of them.
func (r *record) storedRanges(data *bgfetch.ResponseData, offset, length int64) []bgfetch.StoredRange {
	var stored []bgfetch.StoredRange
	for end := offset + length; offset < end; {
		one := ranges.SegmentsFrom(data.Segments, offset, 1)
		if len(one) == 0 {
			break
		}
		within := offset - one[0].Offset
		n := min(end-offset, one[0].Length-within)
		stored = append(stored, bgfetch.StoredRange{Key: r.key(data.Generation, one[0]), Offset: within, Length: n})
		offset += n
	}
	return stored
}
