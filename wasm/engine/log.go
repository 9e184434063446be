package engine

import (
	"context"
	"fmt"
	"log"

	"background-fetch-wasm/wasm/bgfetch"
)

// Log returns the log, with what is not stored yet.
func (e *Engine) Log(ctx context.Context) (bgfetch.Log, error) {
	runs, err := e.log.Runs(ctx)
	if err != nil {
		return bgfetch.Log{}, err
	}
	l := bgfetch.Log{Version: bgfetch.LogVersion1, Runs: runs, Fetches: e.List()}
	for _, f := range l.Fetches {
		l.Stored += f.Downloaded
	}
	for _, one := range e.Remains() {
		l.Stored += one.Size
	}
	return l, nil
}

// note logs something about f.
func (f *backgroundFetch) note(event bgfetch.LogEvent, detail string) {
	f.engine.log.Add(bgfetch.LogEntry{Event: event, ID: f.state.ID, Detail: detail})
}

// complain logs, and writes to the console, what failed of ours.
func (f *backgroundFetch) complain(what string, err error) {
	log.Printf("background fetch %q: %s: %v", f.state.ID, what, err)
	f.note(bgfetch.LogError, fmt.Sprintf("%s: %v", what, err))
}

// note logs something about the record.
func (r *record) note(entry bgfetch.LogEntry) {
	entry.ID, entry.Record, entry.URL = r.fetch.state.ID, &r.Index, r.Request.URL
	r.fetch.engine.log.Add(entry)
}
