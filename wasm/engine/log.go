package engine

import (
	"context"
	"fmt"
	"log"
	"slices"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// The log for developers: what happened, in this run of the program and in those
// before it. It is kept in memory and stored from time to time, so that it costs
// the transfers nothing; what a worker that was killed did last is not in it.

const (
	// maxLogEntries is the number of entries of one run.
	maxLogEntries = 300
	// maxLogText bounds each text of an entry, in bytes.
	maxLogText = 300
	// logInterval is the least time between two writes of the log.
	logInterval = 2 * time.Second
)

// Log returns the log, with what is not stored yet.
func (e *Engine) Log(ctx context.Context) (bgfetch.Log, error) {
	runs, err := e.Store.Log(ctx)
	if err != nil {
		return bgfetch.Log{}, err
	}
	run := e.logger.current()
	runs = slices.DeleteFunc(runs, func(stored bgfetch.LogRun) bool { return stored.Number == run.Number })
	l := bgfetch.Log{Runs: append(runs, run), Fetches: e.List()}
	for _, f := range l.Fetches {
		l.Stored += f.Downloaded
	}
	return l, nil
}

// logger keeps the log of this run.
type logger struct {
	store bgfetch.Store
	tell  func(bgfetch.LogEntry)
	wake  chan struct{} // holds one

	mu  sync.Mutex
	run bgfetch.LogRun
}

func newLogger(store bgfetch.Store, tell func(bgfetch.LogEntry)) *logger {
	return &logger{store: store, tell: tell, wake: make(chan struct{}, 1)}
}

// add takes the time and shortens the texts.
func (l *logger) add(entry bgfetch.LogEntry) {
	entry.At = time.Now().UnixMilli()
	for _, text := range []*string{&entry.ID, &entry.URL, &entry.Detail} {
		*text = shorten(*text, maxLogText)
	}
	l.mu.Lock()
	if len(l.run.Entries) == maxLogEntries {
		l.run.Entries = slices.Delete(l.run.Entries, 0, maxLogEntries/10)
		l.run.Dropped += maxLogEntries / 10
	}
	l.run.Entries = append(l.run.Entries, entry)
	l.mu.Unlock()
	l.tell(entry)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *logger) current() bgfetch.LogRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	run := l.run
	run.Entries = slices.Clone(run.Entries)
	return run
}

// keep stores the log until ctx ends: its beginning at once, so that each start is
// seen, then what is new in batches.
func (l *logger) keep(ctx context.Context) {
	for {
		select {
		case <-l.wake:
		case <-ctx.Done():
			return
		}
		number, err := l.store.PutLog(ctx, l.current())
		if err == nil {
			l.mu.Lock()
			l.run.Number = number
			l.mu.Unlock()
		} else if ctx.Err() == nil {
			log.Printf("the log is not stored: %v", err)
		}
		select {
		case <-time.After(logInterval):
		case <-ctx.Done():
			return
		}
	}
}

// begin notes that the program runs.
func (l *logger) begin(fetches int) {
	l.run.Started = time.Now().UnixMilli()
	l.add(bgfetch.LogEntry{Event: bgfetch.LogStarted, Detail: fmt.Sprintf("%d background fetches are stored", fetches)})
}

// note logs something about f.
func (f *backgroundFetch) note(event bgfetch.LogEvent, detail string) {
	f.engine.logger.add(bgfetch.LogEntry{Event: event, ID: f.state.ID, Detail: detail})
}

// fail logs, and writes to the console, what failed of ours.
func (f *backgroundFetch) fail(what string, err error) {
	log.Printf("background fetch %q: %s: %v", f.state.ID, what, err)
	f.note(bgfetch.LogError, fmt.Sprintf("%s: %v", what, err))
}

// note logs something about the record.
func (r *record) note(entry bgfetch.LogEntry) {
	entry.ID, entry.Record, entry.URL = r.fetch.state.ID, &r.Index, r.Request.URL
	r.fetch.engine.logger.add(entry)
}
