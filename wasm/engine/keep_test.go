package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// keep fetches the URLs, to be kept, and waits until that is done.
func (w *world) keep(id string, urls ...string) {
	w.t.Helper()
	init := fetchInit(id, urls...)
	init.Keep = true
	init.Title = "Title of " + id
	if _, err := w.engine.Fetch(context.Background(), init); err != nil {
		w.t.Fatalf("fetch %q: %v", id, err)
	}
	time.Sleep(time.Minute)
}

// found is the body that answers for the URL, nil where there is none. What is found
// has to be whole.
func (w *world) found(url string) []byte {
	w.t.Helper()
	uniqueID, index, err := w.engine.Find(url, false)
	if errors.Is(err, bgfetch.ErrUnknown) {
		return nil
	}
	record, recordErr := w.engine.Record(context.Background(), uniqueID, index, false)
	if err != nil || recordErr != nil {
		w.t.Fatalf("find %s: %v, %v", url, err, recordErr)
	}
	body, err := w.read(context.Background(), uniqueID, record)
	if err != nil {
		// Another may have taken its place since, which deletes it.
		if now, _, _ := w.engine.Find(url, false); now != uniqueID {
			return w.found(url)
		}
		w.t.Fatalf("read %s of %q: %v", url, uniqueID, err)
	}
	return body
}

func (w *world) wantFound(url string, body []byte) {
	w.t.Helper()
	if got := w.found(url); !bytes.Equal(got, body) || (got == nil) != (body == nil) {
		w.t.Errorf("for %s there are %d bytes, want %d", url, len(got), len(body))
	}
}

// wantKept checks the number of kept background fetches and of stored bytes, and
// that nothing of them is a sign of work.
func (w *world) wantKept(fetches int, size int) {
	w.t.Helper()
	stored, err := w.store.Load(context.Background())
	if err != nil || len(stored) != fetches {
		w.t.Errorf("%d background fetches are stored, want %d; %v", len(stored), fetches, err)
	}
	if ids, _ := w.bodies.UniqueIDs(context.Background()); len(ids) != fetches {
		w.t.Errorf("there are bodies of %q", ids)
	}
	if got := w.bodies.Used(); got != int64(size) {
		w.t.Errorf("%d bytes are stored, want %d", got, size)
	}
	if signs := w.bodies.SignsOfWork(); len(signs) != 0 {
		w.t.Errorf("signs of work: %q", signs)
	}
}

func TestKeep(t *testing.T) {
	run(t, func(w *world) {
		a, b := w.serve(siteA, mib), w.serve(siteB, 10)
		w.keep("album", siteA, siteB)
		w.wantSuccess("album", a, b)
		for range 2 {
			w.wantFound(siteA, a)
			w.wantFound(siteB, b)
			w.wantFound(siteA+"x", nil)
			w.wantKept(1, mib+10)
			kept := w.engine.Kept(bgfetch.KeptQuery{})
			if len(kept) != 2 || kept[0].ID != "album" || kept[1].Request.URL != siteB || kept[0].Length != mib || kept[0].Title != "Title of album" {
				t.Errorf("kept: %+v", kept)
			}
			history, _, err := w.engine.History(context.Background())
			if err != nil || len(history) != 1 || !history[0].Kept {
				t.Errorf("history: %+v, %v", history, err)
			}
			if n := len(w.engine.List()) + len(w.engine.Active()); n != 0 {
				t.Errorf("%d are under way", n)
			}
			w.kill()
			w.start()
		}
		if n, err := w.engine.DeleteKept(context.Background(), bgfetch.KeptQuery{URL: siteB + "?q", IgnoreSearch: true}); n != 1 || err != nil {
			t.Errorf("deleted %d, %v", n, err)
		}
		w.wantFound(siteB, nil)
		w.wantFound(siteA, a)
		w.wantKept(1, mib)
		for range 2 {
			history, _, err := w.engine.History(context.Background())
			if err != nil || len(history) != 1 || history[0].Gone != 1 || history[0].Downloaded != mib || !history[0].Savable {
				t.Errorf("when one of them is gone: %+v, %v", history, err)
			}
			w.kill()
			w.start()
		}
		if n, err := w.engine.DeleteKept(context.Background(), bgfetch.KeptQuery{UniqueID: "unique-album"}); n != 1 || err != nil {
			t.Errorf("deleted %d, %v", n, err)
		}
		w.wantNothingLeft()
	})
}

func TestKeepAgain(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, mib)
		b := w.serve(siteB, 10)
		w.keep("v1", siteA, siteB)
		a := w.serve(siteA, 2*mib, func(r *resource) { r.ETag, r.Rate = `"v2"`, mib })
		w.keep("v2", siteA)
		w.wantFound(siteA, a)
		w.wantFound(siteB, b)
		w.wantKept(2, 2*mib+10)
		w.serve(siteB, 11)
		w.keep("v3", siteB)
		w.wantKept(2, 2*mib+11) // nothing is left of the first
	})
}

// secretInit is a fetch() of siteA to be kept, with what may be a secret.
func secretInit(id string) bgfetch.FetchInit {
	init := fetchInit(id, siteA)
	init.Keep = true
	init.Requests[0].Headers = []bgfetch.Header{{"Authorization", "a secret"}, {"X-Key", "a secret"}}
	init.Requests[0].Referrer = "https://site.test/page?a%20secret"
	return init
}

// TestKeptRequestsAreBare: what may be a secret is there for the closing event, and then
// nowhere any more; that a response varies by it hides no kept record.
func TestKeptRequestsAreBare(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 10, func(r *resource) { r.Headers = []bgfetch.Header{{"Vary", "Authorization"}} })
		init := secretInit("kept")
		var during []bgfetch.RecordSnapshot
		w.events.OnDispatch = func(ctx context.Context, eventType string, snapshot bgfetch.Snapshot) error {
			_, during, _ = w.engine.Match(snapshot.UniqueID, nil, bgfetch.MatchOptions{}, false)
			if kept := w.engine.Kept(bgfetch.KeptQuery{}); len(kept) != 1 || kept[0].Request.Headers != nil || kept[0].Request.Referrer != "" {
				t.Errorf("listed during its event: %+v", kept)
			}
			return w.listen(ctx, eventType, snapshot)
		}
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait() // for what the event wrote
		if len(during) != 1 || len(during[0].Request.Headers) != 2 || during[0].Request.Referrer == "" {
			t.Errorf("in its event: %+v", during)
		}
		check := func() {
			t.Helper()
			wantNoSecrets(w)
			w.wantFound(siteA, a)
			for _, query := range []*bgfetch.MatchRequest{
				nil, {URL: siteA, Method: "GET"}, {URL: siteA, Method: "GET", Headers: init.Requests[0].Headers},
			} {
				_, records, err := w.engine.Match(init.UniqueID, query, bgfetch.MatchOptions{}, false)
				if err != nil || len(records) != 1 || records[0].Request.Headers != nil || records[0].Request.URL != siteA {
					t.Errorf("match %v: %+v, %v", query, records, err)
				}
			}
		}
		check()
		w.kill()
		w.start()
		check()
		// What a version before has stored.
		if err := w.store.PutRequests(context.Background(), init.UniqueID, init.Requests); err != nil {
			t.Fatal(err)
		}
		w.kill()
		w.start()
		check()
	})
}

// wantNoSecrets checks all that is stored.
func wantNoSecrets(w *world) {
	w.t.Helper()
	stored, err := w.store.Load(context.Background())
	history, historyErr := w.store.History(context.Background())
	runs, logErr := w.store.Log(context.Background())
	text, jsonErr := json.Marshal([]any{stored, history, runs, w.engine.Kept(bgfetch.KeptQuery{})})
	if err := errors.Join(err, historyErr, logErr, jsonErr); err != nil {
		w.t.Fatal(err)
	}
	if bytes.Contains(text, []byte("secret")) {
		w.t.Errorf("a secret is stored: %s", text)
	}
}

// TestCrashWhileKeepingSecrets: wherever the worker dies, in the end nothing of them is left.
func TestCrashWhileKeepingSecrets(t *testing.T) {
	crashAtEveryWrite(t, 6, func(w *world) (act, check func()) {
		a := w.serve(siteA, mib)
		act = func() { _, _ = w.engine.Fetch(context.Background(), secretInit("kept")) }
		check = func() {
			time.Sleep(time.Minute)
			if len(w.events.Dispatched()) == 0 { // it died before fetch() had stored anything
				act()
				time.Sleep(time.Minute)
			}
			w.wantFound(siteA, a)
			wantNoSecrets(w)
		}
		return act, check
	})
}

// TestKeepNothingOfAFailure: what belongs together is kept together.
func TestKeepNothingOfAFailure(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, mib)
		w.network.Handle(siteB, func(int, bgfetch.TransferInit) response { return response{Head: bgfetch.Head{Status: 404}} })
		w.keep("half", siteA, siteB)
		w.wantFailure("half", bgfetch.ReasonBadStatus)
		w.wantFound(siteA, nil)
		w.wantNothingLeft()
		history, _, _ := w.engine.History(context.Background())
		body := w.serve(siteB, 10)
		if _, err := w.engine.Retry(context.Background(), history[0].Number, "again"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.wantFound(siteB, body) // the option is remembered
	})
}

func TestKeepRefused(t *testing.T) {
	run(t, func(w *world) {
		for want, request := range map[string]bgfetch.Request{
			"TypeError: options.keep is for GET requests only: POST " + siteA: {URL: siteA, Method: "POST"},
			"TypeError: options.keep is for whole responses, and the request for " + siteA + " has a Range": {
				URL: siteA, Method: "GET", Headers: []bgfetch.Header{{"range", "bytes=1-"}},
			},
		} {
			_, err := w.engine.Fetch(context.Background(), bgfetch.FetchInit{UniqueID: "u", ID: "i", Keep: true, Requests: []bgfetch.Request{request}})
			if err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		w.wantNothingLeft()
	})
}

// TestFindActive: a URL is answered from what is under way, unless there is a kept one.
func TestFindActive(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, mib)
		w.keep("kept", siteA)
		w.serve(siteA, 20*mib, func(r *resource) { r.Rate = mib })
		b := w.serve(siteB, 3*mib, func(r *resource) { r.Rate = mib })
		w.fetch("active", siteA, siteB)
		time.Sleep(time.Second)
		w.wantFound(siteA, a)
		w.wantFound(siteB, b)
		time.Sleep(time.Minute)
		w.wantFound(siteB, nil)
	})
}

// TestKeepBodiesDeletedBehindOurBack: without bodies there are no kept records.
func TestKeepBodiesDeletedBehindOurBack(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, mib)
		w.keep("kept", siteA)
		w.kill()
		_ = w.bodies.Delete(context.Background(), "unique-kept")
		w.start()
		w.wantFound(siteA, nil)
		w.wantNothingLeft()
	})
}

// TestCrashWhileKeeping lets the worker die at each write of a background fetch that
// takes the place of another: at any time there is one of the two, whole.
func TestCrashWhileKeeping(t *testing.T) {
	crashAtEveryWrite(t, 8, func(w *world) (act, check func()) {
		old, b := w.serve(siteA, mib), w.serve(siteB, 10)
		w.keep("old", siteA, siteB)
		a := w.serve(siteA, 2*mib, func(r *resource) { r.ETag, r.Rate = `"v2"`, mib })
		init := fetchInit("new", siteA)
		init.Keep = true
		act = func() { _, _ = w.engine.Fetch(context.Background(), init) }
		check = func() {
			if got := w.found(siteA); !bytes.Equal(got, old) && !bytes.Equal(got, a) {
				t.Errorf("after the start there are %d bytes", len(got))
			}
			time.Sleep(time.Minute)
			if len(w.events.Dispatched()) == 1 { // it died before fetch() had stored anything
				act()
				time.Sleep(time.Minute)
			}
			w.wantFound(siteA, a)
			w.wantFound(siteB, b)
			w.wantKept(2, 2*mib+10)
		}
		return act, check
	})
}

// TestCrashWhileDeletingKept: a record that is being deleted is whole or gone, and
// what was deleted leaves nothing.
func TestCrashWhileDeletingKept(t *testing.T) {
	crashAtEveryWrite(t, 2, func(w *world) (act, check func()) {
		a, b := w.serve(siteA, mib), w.serve(siteB, 3*mib, func(r *resource) { r.Rate = mib })
		w.keep("album", siteA, siteB)
		query := bgfetch.KeptQuery{URL: siteB}
		act = func() { _, _ = w.engine.DeleteKept(context.Background(), query) }
		check = func() {
			if got := w.found(siteB); got != nil && !bytes.Equal(got, b) {
				t.Errorf("after the start there are %d bytes", len(got))
			}
			act()
			synctest.Wait()
			w.wantFound(siteA, a)
			w.wantFound(siteB, nil)
			w.wantKept(1, mib)
			_, _ = w.engine.DeleteKept(context.Background(), bgfetch.KeptQuery{})
			w.wantNothingLeft()
		}
		return act, check
	})
}

// crashAtEveryWrite kills at each of the writes that act does, before and inside; check
// looks at what the next engine makes of it.
func crashAtEveryWrite(t *testing.T, least int, prepare func(*world) (act, check func())) {
	writes := 0
	run(t, func(w *world) {
		act, check := prepare(w)
		before := w.store.Writes()
		act()
		time.Sleep(time.Minute)
		writes = w.store.Writes() - before
		check()
	})
	if writes < least {
		t.Fatalf("only %d writes", writes)
	}
	atEveryWrite(t, writes, func(t *testing.T, doom func(*world)) {
		run(t, func(w *world) {
			act, check := prepare(w)
			doom(w)
			act()
			time.Sleep(time.Minute)
			w.kill()
			w.start()
			check()
		})
	})
}
