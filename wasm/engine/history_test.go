package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

func (w *world) history() []bgfetch.Ended {
	w.t.Helper()
	history, _, err := w.engine.History(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return history
}

func TestListAndHistory(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 4*mib, slow)
		init := fetchInit("film", siteA)
		init.Title = strings.Repeat("ä", 50_000)
		init.Icons = []bgfetch.Image{{Src: "https://site.test/icon"}}
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		before := w.engine.HistoryRevision()
		time.Sleep(2 * time.Second)
		list := w.engine.List()
		if len(list) != 1 {
			t.Fatalf("the list is %+v", list)
		}
		l := list[0]
		if l.ID != "film" || l.URL != siteA || l.Records != 1 || l.Total != 4*mib || !l.Pausable || l.Icon != "https://site.test/icon" || l.Created == 0 || l.Downloaded == 0 {
			t.Errorf("the list has %+v", l)
		}
		if len(l.Title) > 1010 || !strings.HasSuffix(l.Title, "ä…") {
			t.Errorf("a title of %d bytes ends with %q", len(l.Title), l.Title[len(l.Title)-6:])
		}
		time.Sleep(time.Minute)
		if list := w.engine.List(); len(list) != 0 {
			t.Errorf("when it is done with, the list is %+v", list)
		}
		history := w.history()
		if len(history) != 1 || history[0].Result != bgfetch.ResultSuccess || history[0].Downloaded != 4*mib || history[0].Retryable || history[0].Ended <= l.Created {
			t.Fatalf("the history is %+v", history)
		}
		if w.engine.HistoryRevision() == before {
			t.Error("the revision is still the same")
		}
		w.kill()
		w.start()
		if again := w.history(); len(again) != 1 || again[0].UniqueID != history[0].UniqueID {
			t.Errorf("another engine has the history %+v", again)
		}
		if err := w.engine.DeleteHistory(context.Background(), history[0].Number); err != nil || len(w.history()) != 0 {
			t.Errorf("after DeleteHistory: %v, %+v", err, w.history())
		}
		if err := w.engine.DeleteHistory(context.Background(), history[0].Number); !errors.Is(err, bgfetch.ErrUnknown) {
			t.Errorf("DeleteHistory of what is gone: %v", err)
		}
	})
}

func TestRetry(t *testing.T) {
	run(t, func(w *world) {
		ctx := context.Background()
		status := 404
		file := bgfetchtest.Resource{Body: randomBytes(1000)}
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response {
			r := file.Respond(init)
			r.Head.Status = status
			return r
		})
		w.fetch("film", siteA)
		time.Sleep(time.Minute)
		history := w.history()
		if len(history) != 1 || !history[0].Retryable || history[0].Again != nil || !strings.Contains(history[0].Detail, "404") {
			t.Fatalf("the history is %+v", history)
		}
		status = 200
		for range 2 { // its answer may be lost
			snapshot, err := w.engine.Retry(ctx, history[0].Number, "second")
			if err != nil || snapshot.ID != "film" || snapshot.UniqueID != "second" {
				t.Fatalf("Retry = %+v, %v", snapshot, err)
			}
		}
		first := history[0].Number
		if left := w.history(); slices.ContainsFunc(left, func(one bgfetch.Ended) bool { return one.Number == first }) {
			t.Errorf("it is still in the history: %+v", left)
		}
		time.Sleep(time.Minute)
		history = w.history()
		if len(history) != 1 || history[0].Result != bgfetch.ResultSuccess || history[0].UniqueID != "second" {
			t.Errorf("in the end the history is %+v", history)
		}
		if _, err := w.engine.Retry(ctx, history[0].Number, "third"); err == nil {
			t.Error("one that succeeded is made again")
		}
		if _, err := w.engine.Retry(ctx, 99, "third"); !errors.Is(err, bgfetch.ErrUnknown) {
			t.Errorf("Retry of an unknown one: %v", err)
		}
	})
}

func TestRetryNeedsTheBodies(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 10, func(r *resource) { r.Rate = 1 })
		w.bodies.Upload("0", []byte("body"))
		init := fetchInit("upload", siteA)
		init.Requests[0].Method, init.Requests[0].Body = "POST", &bgfetch.RequestBody{Handle: "0"}
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		_, _ = w.engine.Abort(context.Background(), init.UniqueID, "")
		time.Sleep(time.Minute)
		if history := w.history(); len(history) != 1 || history[0].Retryable {
			t.Errorf("the history is %+v", history)
		}
	})
}

func TestLogTellsOfRestarts(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 15*mib, slow)
		w.fetch("film", siteA)
		time.Sleep(10 * time.Second)
		w.kill()
		w.start()
		time.Sleep(time.Second)
		log, err := w.engine.Log(context.Background())
		if err != nil || len(log.Runs) != 2 {
			t.Fatalf("the log is %+v, %v", log, err)
		}
		var events []string
		for _, run := range log.Runs {
			for _, entry := range run.Entries {
				events = append(events, string(entry.Event))
				if entry.At == 0 || entry.Event == "request" && (entry.URL != siteA || entry.Record == nil) {
					t.Errorf("entry %+v", entry)
				}
			}
		}
		want := []string{"started", "fetch", "request", "response", "started", "loaded", "request", "response"}
		if !slices.Equal(events, want) {
			t.Errorf("the log has %v, want %v", events, want)
		}
		if second := log.Runs[1].Entries; second[2].Range == "" || second[3].Status != 206 {
			t.Errorf("the second run: %+v", second)
		}
		if log.Stored == 0 || len(log.Fetches) != 1 {
			t.Errorf("stored: %d, %d", log.Stored, len(log.Fetches))
		}
	})
}

// TestOnLog: who wants the log as it comes gets all of it, in its order.
func TestOnLog(t *testing.T) {
	run(t, func(w *world) {
		var told []bgfetch.LogEntry
		w.options.OnLog = func(entry bgfetch.LogEntry) { told = append(told, entry) }
		w.kill()
		w.start()
		w.serve(siteA, mib, slow)
		w.fetch("film", siteA)
		time.Sleep(time.Minute)
		log, err := w.engine.Log(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if entries := log.Runs[len(log.Runs)-1].Entries; len(entries) < 5 || !reflect.DeepEqual(told, entries) {
			t.Errorf("told %+v, the log has %+v", told, entries)
		}
	})
}

// TestOnLogBatch: who wants it together gets each entry of each run once, over a restart.
func TestOnLogBatch(t *testing.T) {
	run(t, func(w *world) {
		var told []bgfetch.LogBatch
		w.options.OnLogBatch = func(batch bgfetch.LogBatch) { told = append(told, batch) }
		time.Sleep(time.Second) // the run that tells nobody is stored
		w.kill()
		w.start()
		w.serve(siteA, 15*mib, slow)
		w.fetch("film", siteA)
		time.Sleep(10 * time.Second)
		w.kill()
		w.start()
		time.Sleep(time.Minute)
		log, err := w.engine.Log(context.Background())
		if err != nil || log.Version != bgfetch.LogVersion1 || len(log.Runs) != 3 {
			t.Fatalf("the log is %+v, %v", log, err)
		}
		got, want := map[int64][]bgfetch.LogEntry{}, map[int64][]bgfetch.LogEntry{}
		for _, batch := range told {
			got[batch.Started] = append(got[batch.Started], batch.Entries...)
		}
		for _, run := range log.Runs[1:] {
			want[run.Started] = run.Entries
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("told %+v, the log has %+v", got, want)
		}
	})
}

// TestLogCostsNoWrites: the log of many requests takes few writes, and is bounded.
func TestLogCostsNoWrites(t *testing.T) {
	run(t, func(w *world) {
		urls := make([]string, 500)
		for i := range urls {
			urls[i] = fmt.Sprint(siteA, "?", i)
			w.serve(urls[i], 100)
		}
		w.fetch("album", urls...)
		time.Sleep(time.Minute)
		log, err := w.engine.Log(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		if len(run.Entries) > 300 || run.Dropped == 0 || run.Entries[len(run.Entries)-1].Event != "ended" {
			t.Errorf("%d entries are kept, %d were dropped", len(run.Entries), run.Dropped)
		}
		// create, one for each record, settled, delivered, deleted; the rest is the log.
		if logWrites := w.store.Writes() - (1 + len(urls) + 3); logWrites > 4 {
			t.Errorf("%d writes for the log", logWrites)
		}
	})
}
