package library_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

// told is what a log has told, and when.
type told struct {
	batches []bgfetch.LogBatch
	at      []time.Time
}

func (t *told) tell(batch bgfetch.LogBatch) {
	t.batches = append(t.batches, batch)
	t.at = append(t.at, time.Now())
}

func (t *told) entries() (all []bgfetch.LogEntry) {
	for _, batch := range t.batches {
		all = append(all, batch.Entries...)
	}
	return all
}

func add(l *library.Log, texts ...any) {
	for _, text := range texts {
		l.Add(bgfetch.LogEntry{Event: bgfetch.LogRequest, Detail: fmt.Sprint(text)})
	}
}

// logOf runs a log over the store until the function returns, and returns what it has told.
func logOf(t *testing.T, store bgfetch.Store, use func(*library.Log)) *told {
	t.Helper()
	var told told
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(context.Background())
		l := library.NewLog(store, func(bgfetch.LogEntry) {}, told.tell)
		l.Begin(0)
		ended := make(chan struct{})
		go func() {
			l.Run(ctx)
			close(ended)
		}()
		synctest.Wait()
		use(l)
		end()
		<-ended
	})
	return &told
}

// Each entry is told once, in order, of those of two seconds together, with the time at which
// the run began; what the log itself no longer has, too.
func TestLogBatches(t *testing.T) {
	var runs []bgfetch.LogRun
	told := logOf(t, bgfetchtest.NewMemoryStore(), func(l *library.Log) {
		time.Sleep(50 * time.Millisecond) // so that nothing comes at the moment of a batch
		for i := range 40 {
			time.Sleep(100 * time.Millisecond)
			add(l, i)
		}
		for i := range 500 {
			add(l, "at once", i)
		}
		time.Sleep(time.Minute)
		add(l, "late")
		time.Sleep(time.Second)
		runs, _ = l.Runs(context.Background())
	})
	run := runs[len(runs)-1]
	entries := told.entries()
	if len(entries) != 1+40+1000+1 || run.Dropped == 0 || !reflect.DeepEqual(entries[run.Dropped:], run.Entries) {
		t.Errorf("%d entries were told, %d are in the log, %d no longer", len(entries), len(run.Entries), run.Dropped)
	}
	for i, batch := range told.batches {
		if batch.Version != bgfetch.LogVersion1 || batch.Started != run.Started || len(batch.Entries) == 0 {
			t.Errorf("batch %d: %+v", i, batch)
		}
		if i > 0 && told.at[i].Sub(told.at[i-1]) < 2*time.Second {
			t.Errorf("batch %d came %v after the one before", i, told.at[i].Sub(told.at[i-1]))
		}
	}
	if len(told.batches) != 5 {
		t.Errorf("%d batches", len(told.batches))
	}
}

// At the end it is told of what led to it.
func TestLogBatchesAtTheEnd(t *testing.T) {
	told := logOf(t, bgfetchtest.NewMemoryStore(), func(l *library.Log) { add(l, "the last") })
	if entries := told.entries(); len(told.batches) != 2 || len(entries) != 2 || entries[1].Detail != "the last" {
		t.Errorf("told %+v", told.batches)
	}
}

// failingStore stores no log.
type failingStore struct{ bgfetch.Store }

func (failingStore) PutLog(context.Context, bgfetch.LogRun) (int64, error) {
	return 0, errors.New("the disk is full")
}

// What cannot be stored is told, and once.
func TestLogBatchesOfAStoreThatFails(t *testing.T) {
	told := logOf(t, failingStore{bgfetchtest.NewMemoryStore()}, func(l *library.Log) {
		time.Sleep(5 * time.Second)
		add(l, "an error")
		time.Sleep(5 * time.Second)
	})
	if entries := told.entries(); len(entries) != 2 || entries[1].Detail != "an error" {
		t.Errorf("told %+v", told.batches)
	}
}
