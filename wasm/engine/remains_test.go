package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
	"background-fetch-wasm/wasm/library"
)

// signing serves a body at siteA, which it cuts at half and then refuses; with another query
// it serves it on. next, if set, is what it serves then.
func (w *world) signing(size int, next *resource, change ...func(*resource)) []byte {
	file := resource{Body: randomBytes(size), ETag: `"v1"`, LastModified: "Mon, 02 Jan 2023 03:04:05 GMT", Rate: mib}
	for _, f := range change {
		f(&file)
	}
	w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
		r := file.Respond(init)
		if n == 1 {
			r.Cut = size / 2
			return r
		}
		r.Head.Status, r.Body = 403, nil
		return r
	})
	later := file
	if next != nil {
		later = *next
	}
	w.network.Handle(signedA, func(_ int, init bgfetch.TransferInit) response { return later.Respond(init) })
	return later.Body
}

const signedA = siteA + "?signed=anew"

// fail lets a background fetch of siteA fail at half, and returns how many requests it made.
func (w *world) fail(id string) int {
	w.t.Helper()
	w.fetch(id, siteA)
	time.Sleep(time.Minute)
	w.wantFailure(id, bgfetch.ReasonBadStatus)
	return len(w.network.Requests())
}

// again makes it again under another unique id.
func (w *world) again(id string, urls ...string) bgfetch.Snapshot {
	w.t.Helper()
	init := fetchInit(id, urls...)
	init.UniqueID += "-again"
	snapshot, err := w.engine.Fetch(context.Background(), init)
	if err != nil {
		w.t.Fatalf("fetch %q: %v", id, err)
	}
	return snapshot
}

// last is the closing event of the last background fetch with that id.
func (w *world) last(id string) (last bgfetch.Snapshot) {
	for _, d := range w.events.Dispatched() {
		if d.Snapshot.ID == id {
			last = d.Snapshot
		}
	}
	return last
}

func (w *world) wantAgain(id string, body []byte) {
	w.t.Helper()
	if last := w.last(id); last.Result != bgfetch.ResultSuccess || last.Downloaded != int64(len(body)) {
		w.t.Fatalf("the second time: %+v", last)
	}
	w.wantBodies(id, body)
	w.wantNothingLeft()
	if remains := w.engine.Remains(); len(remains) != 0 {
		w.t.Errorf("still left: %+v", remains)
	}
}

func TestRemainsSignedAnew(t *testing.T) {
	run(t, func(w *world) {
		body := w.signing(2*mib, nil)
		before := w.fail("f")
		left := w.engine.Remains()
		if len(left) != 1 || left[0].Size != mib || left[0].Length != 2*mib || left[0].URL != siteA || left[0].ID != "f" {
			t.Fatalf("left: %+v", left)
		}
		if week := left[0].Expires - left[0].Left; week != 7*24*3600*1000 {
			t.Errorf("for %d ms", week)
		}
		w.wantNothingLeft()
		if history := w.history(); history[0].Remains != mib {
			t.Errorf("the history is %+v", history[0])
		}
		if s := w.again("f", signedA); s.Downloaded != mib {
			t.Errorf("it begins with %d bytes", s.Downloaded)
		}
		time.Sleep(time.Minute)
		w.wantAgain("f", body)
		requests := w.network.Requests()[before:]
		if len(requests) != 1 || requests[0].RangeStart < mib-64<<10 || requests[0].RangeStart > mib-4<<10 {
			t.Errorf("requests: %+v", requests)
		}
	})
}

func TestRemainsOfTheSameURL(t *testing.T) {
	run(t, func(w *world) {
		size := 2 * mib
		file := resource{Body: randomBytes(size), ETag: `"v1"`, Rate: mib}
		refuses := true
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n == 1 {
				r.Cut = mib
			} else if refuses {
				r.Head.Status, r.Body = 410, nil
			}
			return r
		})
		before := w.fail("f")
		refuses = false
		w.kill()
		w.start()
		w.network.Handle(siteA+"#fragment", func(_ int, init bgfetch.TransferInit) response { return file.Respond(init) })
		w.again("another", siteA+"#fragment")
		time.Sleep(time.Minute)
		w.wantAgain("another", file.Body)
		if requests := w.network.Requests()[before:]; len(requests) != 1 || requests[0].RangeStart != mib {
			t.Errorf("requests: %+v", requests)
		}
	})
}

// TestRemainsOfAnotherVersion: what does not validate is deleted, and nobody has read it.
func TestRemainsOfAnotherVersion(t *testing.T) {
	for name, next := range map[string]resource{
		"another ETag":  {Body: randomBytes(2*mib + 1), ETag: `"v2"`},
		"no validator":  {Body: randomBytes(2*mib + 1)},
		"the same ETag": {Body: randomBytes(2*mib + 1), ETag: `"v1"`, LastModified: "Mon, 02 Jan 2023 03:04:05 GMT"},
		"much shorter":  {Body: randomBytes(1000), ETag: `"v2"`},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.signing(2*mib, &next)
				w.fail("f")
				w.network.SetOnline(false)
				s := w.again("f", signedA)
				time.Sleep(time.Second)
				record, err := w.engine.Record(context.Background(), s.UniqueID, 0, false)
				if err != nil || record.Head != nil {
					t.Errorf("before it is validated: %+v, %v", record, err)
				}
				w.network.SetOnline(true)
				time.Sleep(time.Minute)
				w.wantAgain("f", next.Body)
			})
		})
	}
}

func TestRemainsWithIntegrity(t *testing.T) {
	run(t, func(w *world) {
		body := w.signing(2*mib, nil)
		w.fail("f")
		init := fetchInit("f", signedA)
		init.UniqueID, init.Requests[0].Integrity = "again", sri256(body)
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.wantAgain("f", body)
	})
}

// TestRemainsRetried: what the list does, from where it was, again and again.
func TestRemainsRetried(t *testing.T) {
	run(t, func(w *world) {
		size := 8 * mib
		file := resource{Body: randomBytes(size), ETag: `"v1"`, Rate: mib}
		served := 0
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n%2 == 0 {
				r.Head.Status, r.Body = 401, nil
				return r
			}
			r.Cut = min(mib, len(r.Body))
			served += r.Cut
			return r
		})
		w.fail("f")
		for i := range 7 {
			history := w.history()
			s, err := w.engine.Retry(context.Background(), history[0].Number, fmt.Sprint("retry", i))
			if err != nil || s.Downloaded != int64(i+1)*mib {
				t.Fatalf("retry %d: %+v, %v", i, s, err)
			}
			time.Sleep(time.Minute)
		}
		w.wantAgain("f", file.Body)
		if served != size {
			t.Errorf("%d bytes were sent", served)
		}
	})
}

func TestRemainsOfUnreachable(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(siteA, 3*mib, func(r *resource) { r.Rate = mib })
		w.fetch("f", siteA)
		time.Sleep(1500 * time.Millisecond)
		w.network.SetDown(true)
		time.Sleep(8 * 24 * time.Hour) // longer than it is patient
		w.wantFailure("f", bgfetch.ReasonFetchError)
		downloaded := w.last("f").Downloaded
		if left := w.engine.Remains(); len(left) != 1 || left[0].Size != downloaded || downloaded < mib {
			t.Errorf("of %d: %+v", downloaded, left)
		}
		w.network.SetDown(false)
		if s := w.again("f", siteA); s.Downloaded != downloaded {
			t.Errorf("it begins with %d bytes", s.Downloaded)
		}
		time.Sleep(time.Minute)
		w.wantAgain("f", body)
	})
}

// TestRemainsKept: a background fetch that keeps its records may have begun with remains.
func TestRemainsKept(t *testing.T) {
	run(t, func(w *world) {
		body := w.signing(2*mib, nil)
		w.fail("f")
		init := fetchInit("f", signedA)
		init.UniqueID, init.Keep = "again", true
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if signs := w.bodies.SignsOfWork(); len(signs) > 0 {
			t.Errorf("signs of work: %q", signs)
		}
		w.kill()
		w.start()
		record, err := w.engine.Record(context.Background(), "again", 0, false)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.read(context.Background(), "again", record); err != nil || string(got) != string(body) {
			t.Errorf("%d bytes are kept, %v", len(got), err)
		}
		if n, err := w.engine.DeleteKept(context.Background(), bgfetch.KeptQuery{}); n != 1 || err != nil {
			t.Errorf("deleted: %d, %v", n, err)
		}
		w.wantNothingLeft()
	})
}

// TestNoRemains: what nobody could go on with, or somebody wanted to be gone.
func TestNoRemains(t *testing.T) {
	small := library.DefaultRemains
	small.MaxBytes = mib - 1
	for name, test := range map[string]struct {
		size    int
		options library.RemainsPolicy
		init    func(*bgfetch.FetchInit)
		abort   bool
	}{
		"of little":     {size: 400 << 10},
		"off":           {size: 2 * mib, options: library.RemainsPolicy{Off: true}},
		"over maxBytes": {size: 2 * mib, options: small},
		"of a range":    {size: 2 * mib, init: func(f *bgfetch.FetchInit) { f.Requests[0].Headers = []bgfetch.Header{{"Range", "bytes=0-"}} }},
		"aborted":       {size: 2 * mib, abort: true},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.kill()
				w.options.Remains = test.options
				w.start()
				w.signing(test.size, nil)
				w.serve(siteB, 60*mib, func(r *resource) { r.Rate = mib })
				init := fetchInit("f", siteA)
				if test.abort {
					init = fetchInit("f", siteA, siteB)
				}
				if test.init != nil {
					test.init(&init)
				}
				if _, err := w.engine.Fetch(context.Background(), init); err != nil {
					t.Fatal(err)
				}
				time.Sleep(3 * time.Second)
				if test.abort {
					if rows, _ := w.store.Remains(context.Background()); len(rows) != 1 || len(w.engine.Remains()) != 0 {
						t.Errorf("of one under way: %v, told %v", rows, w.engine.Remains())
					}
					_, _ = w.engine.Abort(context.Background(), "unique-f", "")
				}
				time.Sleep(time.Minute)
				if rows, _ := w.store.Remains(context.Background()); len(rows) > 0 || w.bodies.Used() > 0 {
					t.Errorf("left: %v, %d bytes", rows, w.bodies.Used())
				}
				w.wantNothingLeft()
			})
		})
	}
}

func TestRemainsExpire(t *testing.T) {
	run(t, func(w *world) {
		w.signing(2*mib, nil)
		w.fail("f")
		time.Sleep(7*24*time.Hour - 2*time.Minute)
		if left := w.engine.Remains(); len(left) != 1 {
			t.Errorf("shortly before: %+v", left)
		}
		time.Sleep(2 * time.Minute)
		if left := w.engine.Remains(); len(left) != 0 {
			t.Errorf("after a week: %+v", left)
		}
		time.Sleep(time.Minute)
		if used := w.bodies.Used(); used != 0 {
			t.Errorf("%d bytes are stored after a week", used)
		}
		if s := w.again("f", signedA); s.Downloaded != 0 {
			t.Errorf("it begins with %d bytes", s.Downloaded)
		}
		w.kill()
		w.start()
		time.Sleep(time.Minute)
		w.wantNothingLeft()
		if w.bodies.Used() != 0 {
			t.Errorf("%d bytes are stored", w.bodies.Used())
		}
	})
}

func TestRemainsOffAtTheNextStart(t *testing.T) {
	run(t, func(w *world) {
		w.signing(2*mib, nil)
		w.fail("f")
		w.kill()
		w.options.Remains.Off = true
		w.start()
		if rows, _ := w.store.Remains(context.Background()); len(rows) > 0 || w.bodies.Used() > 0 {
			t.Errorf("left: %v, %d bytes", rows, w.bodies.Used())
		}
	})
}

// TestRemainsDeleted: with what the list shows of it, or by who asks for that.
func TestRemainsDeleted(t *testing.T) {
	for name, by := range map[string]func(*engine.Engine, bgfetch.Ended) error{
		"removed from the history": func(e *engine.Engine, one bgfetch.Ended) error {
			return e.DeleteHistory(context.Background(), one.Number)
		},
		"history cleared": func(e *engine.Engine, _ bgfetch.Ended) error { return e.ClearHistory(context.Background()) },
		"of one": func(e *engine.Engine, one bgfetch.Ended) error {
			n, err := e.DeleteRemains(context.Background(), one.UniqueID)
			if n != 1 {
				return fmt.Errorf("%d, %w", n, err)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.signing(2*mib, nil)
				w.fail("f")
				revision := w.engine.HistoryRevision()
				if err := by(w.engine, w.history()[0]); err != nil {
					t.Error(err)
				}
				if w.bodies.Used() != 0 || len(w.engine.Remains()) != 0 {
					t.Errorf("%d bytes are left, %+v", w.bodies.Used(), w.engine.Remains())
				}
				if w.engine.HistoryRevision() == revision {
					t.Error("a list does not hear of it")
				}
				w.wantNothingLeft()
			})
		})
	}
}
