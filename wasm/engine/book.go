package engine

import (
	"math"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

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
		o.fetch.complain("redundant segments could not be deleted yet", err)
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
