package engine

import (
	"math"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// owner is a record's download.Owner: all that a download reaches of the engine. It takes the
// engine's lock, so that a download never does.
type owner struct{ *record }

// State implements download.Book.
func (o owner) State() bgfetch.RecordState {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return o.state
}

// Commit implements download.Book.
func (o owner) Commit(next bgfetch.RecordState, added ...bgfetch.Segment) error {
	e := o.fetch.engine
	o.storing.Lock()
	defer o.storing.Unlock()
	next.Refreshed = o.State().Refreshed
	if err := e.Store.PutRecord(e.ctx, o.fetch.state.UniqueID, o.Index, next, added...); err != nil {
		return err
	}
	o.deleteRedundant(next)
	var length int64
	for _, segment := range added {
		length += segment.Length
	}
	o.publish(next, length)
	return nil
}

// deleteRedundant deletes the segments of the generation before. What is left of
// them after a crash is deleted by the next engine.
func (o owner) deleteRedundant(next bgfetch.RecordState) {
	e, before := o.fetch.engine, o.State().Response
	if before.Generation == next.Response.Generation || len(before.Segments) == 0 {
		return
	}
	keys := bgfetch.SegmentKeys(o.Place.Index, before.Generation, before.Segments)
	if err := e.Bodies.DeleteSegments(e.ctx, o.Place.UniqueID, keys); err != nil {
		o.fetch.complain("redundant segments stay for now", err)
	}
}

// Publish implements download.Book.
func (o owner) Publish(next bgfetch.RecordState) { o.publish(next, 0) }

// publish makes the next state, with so many bytes more, what the engine knows.
func (o owner) publish(next bgfetch.RecordState, added int64) {
	e, f := o.fetch.engine, o.fetch
	e.mu.Lock()
	f.downloaded += added
	if added > 0 {
		o.hurried, o.borrowed = false, false
	}
	if next.Response.Generation != o.state.Response.Generation {
		f.downloaded -= ranges.StoredLength(o.state.Response.Segments)
	}
	f.uploaded += next.Uploaded - o.state.Uploaded
	next.Refreshed = o.state.Refreshed // which is not the download's to change
	o.record.state = next
	f.broadcast()
	e.mu.Unlock()
	e.notifier.touch(f)
	e.presenter.touch(f)
}

// Drop implements download.Book.
func (o owner) Drop(next bgfetch.RecordState, dropped []bgfetch.Segment) error {
	e := o.fetch.engine
	if err := e.Store.DropSegments(e.ctx, o.fetch.state.UniqueID, o.Index, next.Response.Generation, dropped); err != nil {
		return err
	}
	lost := ranges.StoredLength(o.State().Response.Segments) - ranges.StoredLength(next.Response.Segments)
	o.publish(next, -lost)
	return nil
}

// Left implements download.Book.
func (o owner) Left() int64 {
	e, f := o.fetch.engine, o.fetch
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.state.DownloadTotal == 0 {
		return math.MaxInt64
	}
	return f.state.DownloadTotal - f.downloaded
}

// Note implements download.Book.
func (o owner) Note(entry bgfetch.LogEntry) { o.note(entry) }

// Complain implements download.Book.
func (o owner) Complain(what string, err error) { o.fetch.complain(what, err) }

// Another implements download.Places.
func (o owner) Another() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.Another(o.job)
}

// Return implements download.Places.
func (o owner) Return() {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scheduler.Return(o.job)
}

// Wanted implements download.Places.
func (o owner) Wanted() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.Wanted(o.job)
}

// Release implements download.Places.
func (o owner) Release() {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scheduler.Release(o.job)
}

// Interruptible implements download.Places.
func (o owner) Interruptible(stop func()) {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scheduler.Interruptible(o.job, stop)
}

// Interrupted implements download.Places.
func (o owner) Interrupted() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return o.job.Interrupted()
}

// Rate implements download.Bandwidth.
func (o owner) Rate() int64 {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.Rate(o.fetch.group)
}

// PerRequest implements download.Bandwidth.
func (o owner) PerRequest() int64 {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.PerRequest(o.fetch.group)
}

// Charge implements download.Bandwidth.
func (o owner) Charge(bytes int64) {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scheduler.Charge(o.job, bytes)
}

// MayRead implements download.Bandwidth.
func (o owner) MayRead() time.Duration {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.MayRead(o.job)
}

// Online implements download.Connection.
func (o owner) Online() bool { return o.fetch.engine.online() || o.despiteOffline() }

// Offline implements download.Connection.
func (o owner) Offline() bool {
	e := o.fetch.engine
	if e.Network.Online() {
		return false
	}
	e.networkFails()
	return true
}

// Answered implements download.Connection.
func (o owner) Answered(status int) {
	e := o.fetch.engine
	e.mu.Lock()
	if !o.fetch.settling {
		e.scheduler.Answered(o.job)
	}
	if status >= 200 && status <= 299 {
		e.succeeded(o.record)
	}
	e.mu.Unlock()
	e.networkWorks()
}

// HasAnswered implements download.Connection.
func (o owner) HasAnswered() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.HasAnswered(o.job)
}

// GivenUp implements download.Connection.
func (o owner) GivenUp() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.GivenUp(o.job)
}

// PriorityHint implements download.Connection: what the page itself waits for goes before
// requests of ours, unless the site says that this is as urgent.
func (o owner) PriorityHint() bgfetch.FetchPriority {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if o.fetch.rank() == 0 {
		return ""
	}
	return bgfetch.FetchPriorityLow
}
