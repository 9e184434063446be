package engine

import (
	"cmp"
	"log"
	"strings"
	"sync"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/download"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/schedule"
)

// record is a record in the engine's hands. While a goroutine works on it, that
// goroutine alone changes state, under the engine's lock.
type record struct {
	*download.Record
	fetch *backgroundFetch
	// Index is its index among the records of the background fetch.
	Index int
	// job is what it has of the scheduler.
	job   *schedule.Job
	state bgfetch.RecordState
	// despite: the next request is made although the browser says that it is offline.
	despite bool
	// hurried: since its last byte of progress a wait of it has ended early because the host
	// had answered another record. That happens once.
	hurried bool
	// borrowed: since then, and since the site was asked for it, it was tried with the header fields
	// that another record was given. That happens once, too.
	borrowed bool
	// storing is held while its state is stored, so that a write does not undo another. It is
	// taken before the engine's lock.
	storing sync.Mutex
	// readStored is the ReadAt of its state that was stored last.
	readStored int64
}

// newRecord makes a record in that state.
func newRecord(f *backgroundFetch, index int, request bgfetch.Request, state bgfetch.RecordState) *record {
	r := &record{fetch: f, Index: index, state: state, readStored: state.ReadAt}
	evidence.Distrust(&r.state.Response)
	r.job = schedule.NewJob(f.group, bgfetch.OriginOf(request.With(state.Refreshed).URL), r)
	check, _ := digest.ParseCheck(request) // checkInit has seen it
	request.Pieces = nil
	r.Record = download.New(download.Record{
		Place: cmp.Or(state.Place, bgfetch.Place{UniqueID: f.state.UniqueID, Index: index}), Request: request, Check: check,
		Retry: f.retry, DownloadTotal: f.state.DownloadTotal,
	}, f.engine.downloads, owner{r})
	return r
}

// keys are the keys of all its segments. Nobody works on it meanwhile, or e.mu is held.
func (r *record) keys() []bgfetch.SegmentKey {
	return bgfetch.SegmentKeys(r.Place.Index, r.state.Response.Generation, r.state.Response.Segments)
}

// isStored says whether the body of a segment is among those with the keys. Nobody works on the
// record meanwhile, or e.mu is held.
func (r *record) isStored(s bgfetch.Segment, keys map[bgfetch.SegmentKey]bool) bool {
	return keys[s.Key(r.Place.Index, r.state.Response.Generation)]
}

// FirstContact implements schedule.Work. e.mu is held.
func (r *record) FirstContact() bool {
	return r.IsFirstContact(&r.state)
}

// Continues implements schedule.Work: one that would have to begin again does not. e.mu is held.
func (r *record) Continues() bool {
	data := &r.state.Response
	return data.Head == nil || (data.Resumable && evidence.CodingOfBody(data) != evidence.CodingSome)
}

// Start implements schedule.Work: it begins an attempt. e.mu is held.
func (r *record) Start() {
	e := r.fetch.engine
	r.fetch.transfers.Add(1)
	r.fetch.running++
	if n := r.Ahead(&r.state.Response, e.scheduler.PerRequest(r.fetch.group)); n > 0 {
		e.scheduler.Reserve(r.job, n)
	}
	e.noteActivity(r.fetch)
	e.goWork(func() {
		defer r.fetch.transfers.Done()
		v := r.Complete(r.fetch.ctx, e.ctx)
		e.mu.Lock()
		defer e.mu.Unlock()
		r.fetch.running--
		if v.Answered && !r.fetch.settling {
			e.scheduler.Recall(r.job, v.Stalled)
		}
		e.scheduler.End(r.job, v.Unreachable, v.SiteAnswers)
		e.conclude(r, v)
		e.noteActivity(r.fetch)
	})
}

// conclude does what the verdict of an attempt says. e.mu is held.
func (e *Engine) conclude(r *record, v download.Verdict) {
	f := r.fetch
	r.moveHost()
	event := bgfetch.LogAttempt
	if v.Settled != bgfetch.ResponseNone {
		event = bgfetch.LogRecord
	}
	if f.ctx.Err() == nil && (v.Why != "" || v.Settled != bgfetch.ResponseNone) {
		r.note(bgfetch.LogEntry{Event: event, Detail: cmp.Or(v.Why, string(v.Settled))})
	}
	if v.Why != "" && v.Settled != bgfetch.ResponseSuccess && f.ctx.Err() == nil {
		if v.Settled != bgfetch.ResponseNone && f.detail == "" {
			f.detail = library.Shorten(strings.TrimPrefix(v.Why, string(v.Settled)+": "), library.MaxLogText)
		}
		log.Printf("background fetch %q, record %d (%s): %s", f.state.ID, r.Index, r.Request.URL, v.Why)
	}
	switch {
	case v.Settled == bgfetch.ResponseResult(bgfetch.ReasonDownloadTotalExceeded):
		e.settle(f, bgfetch.ReasonDownloadTotalExceeded)
	case v.Settled != bgfetch.ResponseNone:
		if f.unsettled--; f.unsettled == 0 {
			e.complete(f)
		}
	case f.ctx.Err() != nil:
		// It has settled, or the engine ends.
	case v.Refused != nil:
		e.refused(r, v.Refused)
	case v.Online:
		e.waitForNetwork(r)
	case v.Wait > 0:
		e.retryLater(r, v)
	default:
		e.scheduler.Requeue(r.job)
	}
}
