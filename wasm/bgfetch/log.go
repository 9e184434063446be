package bgfetch

import (
	"context"
	"fmt"
	"log"
	"slices"
	"sync"
	"time"
)

// The log for developers: what happened, in this run of the program and in those
// before it. It is kept in memory and stored from time to time, so that it costs
// the transfers nothing; what a worker that was killed did last is not in it.

// LogEntry is something that happened.
type LogEntry struct {
	// At is in ms since 1970.
	At int64 `json:"at"`
	// Event is a word for what happened, see below.
	Event string `json:"event"`
	// ID is the background fetch's.
	ID string `json:"id,omitempty"`
	// Record is the index of the record, nil where it is about no record.
	Record *int   `json:"record,omitempty"`
	URL    string `json:"url,omitempty"`
	// Range is the value of the header field.
	Range  string `json:"range,omitempty"`
	Status int    `json:"status,omitempty"`
	// Detail is for people.
	Detail string `json:"detail,omitempty"`
}

// Events of the log.
const (
	logStarted  = "started"  // the program, in a new worker or after it ended
	logFetch    = "fetch"    // a background fetch began
	logLoaded   = "loaded"   // one that an earlier run left goes on
	logRequest  = "request"  // was sent
	logResponse = "response" // its head came
	logAttempt  = "attempt"  // ended without a result, and how it goes on
	logRecord   = "record"   // has its result
	logPaused   = "paused"
	logResumed  = "resumed"
	logSettled  = "settled"  // a background fetch has its result
	logDispatch = "dispatch" // its closing event is fired
	logEnded    = "ended"    // the event is no longer active: all is deleted
	logError    = "error"    // something of ours failed
)

// LogRun is the log of one run of the program.
type LogRun struct {
	// Number grows from run to run. The store gives it.
	Number int64 `json:"number"`
	// Started is in ms since 1970.
	Started int64 `json:"started"`
	// Dropped counts older entries that are no longer kept.
	Dropped int        `json:"dropped,omitempty"`
	Entries []LogEntry `json:"entries"`
}

// Log is all there is to say to a developer.
type Log struct {
	// Runs are the oldest first; the last one is this engine's.
	Runs []LogRun `json:"runs"`
	// Fetches are those that are not done with, and Stored the bytes of their
	// response bodies in storage.
	Fetches []Listing `json:"fetches"`
	Stored  int64     `json:"stored"`
}

// MaxLogRuns is the number of runs whose log is kept.
const MaxLogRuns = 20

const (
	// maxLogEntries is the number of entries of one run.
	maxLogEntries = 300
	// maxLogText bounds each text of an entry, in bytes.
	maxLogText = 300
	// logInterval is the least time between two writes of the log.
	logInterval = 2 * time.Second
)

// Log returns the log, with what is not stored yet.
func (e *Engine) Log(ctx context.Context) (Log, error) {
	runs, err := e.Store.Log(ctx)
	if err != nil {
		return Log{}, err
	}
	run := e.logger.current()
	runs = slices.DeleteFunc(runs, func(stored LogRun) bool { return stored.Number == run.Number })
	l := Log{Runs: append(runs, run), Fetches: e.List()}
	for _, f := range l.Fetches {
		l.Stored += f.Downloaded
	}
	return l, nil
}

// logger keeps the log of this run.
type logger struct {
	store Store
	tell  func(LogEntry)
	wake  chan struct{} // holds one

	mu  sync.Mutex
	run LogRun
}

func newLogger(store Store, tell func(LogEntry)) *logger {
	return &logger{store: store, tell: tell, wake: make(chan struct{}, 1)}
}

// add takes the time and shortens the texts.
func (l *logger) add(entry LogEntry) {
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

func (l *logger) current() LogRun {
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
	l.add(LogEntry{Event: logStarted, Detail: fmt.Sprintf("%d background fetches are stored", fetches)})
}

// note logs something about f.
func (f *backgroundFetch) note(event, detail string) {
	f.engine.logger.add(LogEntry{Event: event, ID: f.state.ID, Detail: detail})
}

// fail logs, and writes to the console, what failed of ours.
func (f *backgroundFetch) fail(what string, err error) {
	log.Printf("background fetch %q: %s: %v", f.state.ID, what, err)
	f.note(logError, fmt.Sprintf("%s: %v", what, err))
}

// note logs something about the record.
func (r *record) note(entry LogEntry) {
	entry.ID, entry.Record, entry.URL = r.fetch.state.ID, &r.index, r.request.URL
	r.fetch.engine.logger.add(entry)
}
