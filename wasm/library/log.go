package library

import (
	"context"
	"fmt"
	"log"
	"slices"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/coalesce"
)

// Log is what happened in this run of the program, for developers. It is kept in memory and
// stored from time to time, so that it costs the transfers nothing; what a worker that was
// killed did last is not in it.
type Log struct {
	store     bgfetch.Store
	tell      func(bgfetch.LogEntry)
	tellBatch func(bgfetch.LogBatch)
	added     *coalesce.Set[struct{}]

	mu  sync.Mutex
	run bgfetch.LogRun
	// untold are the entries of which tellBatch has not been told.
	untold []bgfetch.LogEntry
}

const (
	// maxLogEntries is the number of entries of one run.
	maxLogEntries = 300
	// MaxLogText bounds each text of an entry, in bytes.
	MaxLogText = 300
	// logInterval is the least time between two writes of the log, and between two batches.
	logInterval = 2 * time.Second
)

// NewLog makes an empty log, of which tell is told each entry at once, and tellBatch, unless that is
// nil, each once, of several together.
func NewLog(store bgfetch.Store, tell func(bgfetch.LogEntry), tellBatch func(bgfetch.LogBatch)) *Log {
	return &Log{store: store, tell: tell, tellBatch: tellBatch, added: coalesce.New[struct{}]()}
}

// Begin notes that the program runs, with so many background fetches.
func (l *Log) Begin(fetches int) {
	l.mu.Lock()
	l.run.Started = time.Now().UnixMilli()
	l.mu.Unlock()
	l.Add(bgfetch.LogEntry{Event: bgfetch.LogStarted, Detail: fmt.Sprintf("%d background fetches are stored", fetches)})
}

// Add takes the time and shortens the texts.
func (l *Log) Add(entry bgfetch.LogEntry) {
	entry.At = time.Now().UnixMilli()
	for _, text := range []*string{&entry.ID, &entry.URL, &entry.Detail} {
		*text = Shorten(*text, MaxLogText)
	}
	l.mu.Lock()
	if len(l.run.Entries) == maxLogEntries {
		l.run.Entries = slices.Delete(l.run.Entries, 0, maxLogEntries/10)
		l.run.Dropped += maxLogEntries / 10
	}
	l.run.Entries = append(l.run.Entries, entry)
	if l.tellBatch != nil {
		l.untold = append(l.untold, entry)
	}
	l.mu.Unlock()
	l.tell(entry)
	l.added.Touch(struct{}{})
}

// Runs returns the log of this run, the last, and of those before it.
func (l *Log) Runs(ctx context.Context) ([]bgfetch.LogRun, error) {
	runs, err := l.store.Log(ctx)
	if err != nil {
		return nil, err
	}
	run := l.current()
	runs = slices.DeleteFunc(runs, func(stored bgfetch.LogRun) bool { return stored.Number == run.Number })
	return append(runs, run), nil
}

func (l *Log) current() bgfetch.LogRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	run := l.run
	run.Entries = slices.Clone(run.Entries)
	return run
}

// batch tells of the entries that nobody was told of.
func (l *Log) batch() {
	l.mu.Lock()
	batch := bgfetch.LogBatch{Version: bgfetch.LogVersion1, Started: l.run.Started, Entries: l.untold}
	l.untold = nil
	l.mu.Unlock()
	if len(batch.Entries) > 0 {
		l.tellBatch(batch)
	}
}

// Run stores the log until ctx ends: its beginning at once, so that each start is
// seen, then what is new in batches. Of a batch is told before it is stored, so that
// it is told of a store that fails, and at the end of what has led to that.
func (l *Log) Run(ctx context.Context) {
	defer l.batch()
	l.added.Run(ctx, 0, logInterval, func() {
		l.batch()
		number, err := l.store.PutLog(ctx, l.current())
		if err == nil {
			l.mu.Lock()
			l.run.Number = number
			l.mu.Unlock()
		} else if ctx.Err() == nil {
			log.Printf("the log is not stored: %v", err)
		}
	})
}
