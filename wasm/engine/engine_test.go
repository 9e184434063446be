package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// run runs a test in a world with an engine, in virtual time.
func run(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		test(w)
		w.kill()
	})
}

const (
	siteA  = "https://site.test/a"
	siteB  = "https://site.test/b"
	otherC = "https://other.test/c"
)

func TestSuccess(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 5<<20, func(r *bgfetchtest.Resource) { r.Rate = 1 << 20 })
		b := w.serve(siteB, 10)
		c := w.serve(otherC, 3000, func(r *bgfetchtest.Resource) { r.Type = "cors" })
		snapshot := w.fetch("three", siteA, siteB, otherC)
		if snapshot.Result != "" || snapshot.FailureReason != "" || !snapshot.RecordsAvailable || snapshot.Downloaded != 0 {
			t.Errorf("right after fetch(): %+v", snapshot)
		}
		if got, ok := w.engine.Get("three"); !ok || got.UniqueID != snapshot.UniqueID {
			t.Errorf("Get = %+v, %v", got, ok)
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		w.wantSuccess("three", a, b, c)
		if _, ok := w.engine.Get("three"); ok {
			t.Error("a settled background fetch is still active")
		}
		w.wantNothingLeft()
		if past, err := w.engine.Snapshot(snapshot.UniqueID); err != nil || past.Result != bgfetch.ResultSuccess || past.RecordsAvailable {
			t.Errorf("for a page that slept: %+v, %v", past, err)
		}

		updates := w.events.Updates()
		if len(updates) < 20 {
			t.Errorf("%d updates for 5 s of transfer, want 4 a second", len(updates))
		}
		var last int64
		for _, u := range updates {
			if u.Downloaded < last {
				t.Errorf("downloaded went back from %d to %d", last, u.Downloaded)
			}
			last = u.Downloaded
		}
		told := w.result("three").Told
		if told.Result != bgfetch.ResultSuccess || told.Downloaded != 5<<20+10+3000 {
			t.Errorf("before the event the instances were told %+v", told)
		}
		if final := updates[len(updates)-1]; final.RecordsAvailable {
			t.Error("the instances were not told that the records are no longer available")
		}
	})
}

func TestFetchRefuses(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 1<<20, func(r *bgfetchtest.Resource) { r.Rate = 1000 })
		w.fetch("active", siteA)
		noCORS := fetchInit("x", siteA)
		noCORS.Requests[0].Mode = "no-cors"
		for name, test := range map[string]struct {
			init bgfetch.FetchInit
			want string
		}{
			"empty":       {fetchInit("x"), "at least one request"},
			"no-cors":     {noCORS, "no-cors"},
			"active":      {bgfetch.FetchInit{UniqueID: "other", ID: "active", Requests: fetchInit("x", siteA).Requests}, "already active"},
			"unparsable":  {fetchInit("x", "http://a b"), "not an absolute URL"},
			"relative":    {fetchInit("x", "/a"), "not an absolute URL"},
			"scheme":      {fetchInit("x", "ftp://a/b"), "scheme"},
			"credentials": {fetchInit("x", "https://me@site.test/"), "credentials"},
			"no id":       {bgfetch.FetchInit{ID: "x", Requests: fetchInit("x", siteA).Requests}, "unique id"},
			"total":       {bgfetch.FetchInit{UniqueID: "u", ID: "x", DownloadTotal: -1, Requests: fetchInit("x", siteA).Requests}, "downloadTotal"},
		} {
			_, err := w.engine.Fetch(context.Background(), test.init)
			var e *bgfetch.Error
			if !errors.As(err, &e) || e.Name != bgfetch.TypeError || !strings.Contains(e.Message, test.want) {
				t.Errorf("%s: %v, want a TypeError that says %q", name, err, test.want)
			}
		}
		if active := w.engine.Active(); len(active) != 1 || active[0].ID != "active" {
			t.Errorf("active: %+v", active)
		}
		if stored, _ := w.store.Load(context.Background()); len(stored) != 1 {
			t.Errorf("%d background fetches are stored, want 1", len(stored))
		}
	})
}

// TestFetchTakesWhatBrowsersTake: URLs that url.Parse refuses.
func TestFetchTakesWhatBrowsersTake(t *testing.T) {
	run(t, func(w *world) {
		for i, url := range []string{"https://site.test/100%", "https://site.test/%zz?%#%", "https://site.test?%", "https://site.test#%"} {
			w.serve(url, 10)
			w.fetch(fmt.Sprint(i), url)
			time.Sleep(time.Minute)
			if history := w.history(); history[0].URL != url || history[0].Result != bgfetch.ResultSuccess {
				t.Errorf("%s: %+v", url, history[0])
			}
		}
	})
}

func TestFetchAgainWithTheSameUniqueID(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 1<<20, func(r *bgfetchtest.Resource) { r.Rate = 1000 })
		first := w.fetch("one", siteA)
		again := w.fetch("one", siteA)
		if first.UniqueID != again.UniqueID || len(w.engine.Active()) != 1 {
			t.Errorf("the answer to the same call: %+v", again)
		}
		other := fetchInit("two", siteA)
		other.UniqueID = first.UniqueID
		if _, err := w.engine.Fetch(context.Background(), other); err == nil {
			t.Error("another background fetch with the same unique id was made")
		}
	})
}

// slowCreate is a store that takes a second to find out that it is full.
type slowCreate struct{ bgfetch.Store }

func (s slowCreate) Create(context.Context, bgfetch.FetchState, []bgfetch.Request, ...bgfetch.Begun) error {
	time.Sleep(time.Second)
	return bgfetch.ErrQuota
}

// A call that is made again while the first one goes on fails as that does.
func TestFetchAgainThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		bodies := bgfetchtest.NewMemoryBodies()
		core := engine.NewEngine(engine.Ports{
			Store: slowCreate{bgfetchtest.NewMemoryStore()}, Bodies: bodies, Network: bgfetchtest.NewNetwork(bodies), Events: &bgfetchtest.Events{},
		}, engine.Options{})
		if err := core.Start(ctx); err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := core.Fetch(ctx, fetchInit("full", siteA))
				errs <- err
			}()
			time.Sleep(100 * time.Millisecond)
		}
		for range 2 {
			var failed *bgfetch.Error
			if err := <-errs; !errors.As(err, &failed) || failed.Name != bgfetch.QuotaExceededError {
				t.Errorf("%v, want a QuotaExceededError", err)
			}
		}
		cancel()
		core.Wait()
	})
}

func TestFailedRecordDoesNotStopTheOthers(t *testing.T) {
	run(t, func(w *world) {
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) bgfetchtest.Response {
			return bgfetchtest.Response{Head: bgfetch.Head{URL: siteA, Type: "basic", Status: 404}, Body: []byte("no such page")}
		})
		b := w.serve(siteB, 1<<20, func(r *bgfetchtest.Resource) { r.Rate = 1 << 18 })
		w.fetch("mixed", siteA, siteB)
		time.Sleep(time.Minute)
		w.wantFailure("mixed", bgfetch.ReasonBadStatus)
		w.wantBodies("mixed", []byte{}, b)
		w.wantNothingLeft()
	})
}

func TestSnapshotsAreOrdered(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 10<<20, func(r *bgfetchtest.Resource) { r.Rate = 1 << 20 })
		first := w.fetch("a", siteA)
		second, _ := w.engine.Get("a")
		if first.Engine != second.Engine || first.Revision >= second.Revision {
			t.Errorf("%d/%d comes after %d/%d", second.Engine, second.Revision, first.Engine, first.Revision)
		}
		w.kill()
		w.start()
		if third, _ := w.engine.Get("a"); third.Engine == first.Engine {
			t.Errorf("two engines have the number %d", third.Engine)
		}
		time.Sleep(time.Minute)
	})
}

func TestDownloadTotal(t *testing.T) {
	for _, test := range []struct {
		total, size int
		want        bgfetch.FailureReason
	}{{1000, 999, ""}, {1000, 1000, ""}, {1000, 1001, bgfetch.ReasonDownloadTotalExceeded}, {0, 1 << 20, ""}} {
		run(t, func(w *world) {
			a := w.serve(siteA, test.size)
			init := fetchInit("total", siteA)
			init.DownloadTotal = int64(test.total)
			if _, err := w.engine.Fetch(context.Background(), init); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			if test.want == "" {
				w.wantSuccess("total", a)
			} else {
				w.wantFailure("total", test.want)
			}
			w.wantNothingLeft()
		})
	}
}

func TestQuotaInMidTransfer(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 4<<20, func(r *bgfetchtest.Resource) { r.Rate = 1 << 20 })
		w.bodies.Quota, w.bodies.HideRoom = 2<<20, true
		w.fetch("large", siteA)
		time.Sleep(time.Minute)
		w.wantFailure("large", bgfetch.ReasonQuotaExceeded)
		w.wantNothingLeft()
	})
}

func TestEventIsDeliveredAgain(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 1000)
		w.events.OnDispatch = func(ctx context.Context, _ string, _ bgfetch.Snapshot) error { <-ctx.Done(); return ctx.Err() }
		w.fetch("twice", siteA)
		time.Sleep(time.Minute)
		w.kill()
		w.events.OnDispatch = w.listen
		w.start()
		time.Sleep(time.Minute)
		if n := len(w.events.Dispatched()); n != 2 {
			t.Errorf("the event was fired %d times, want 2", n)
		}
		w.wantBodies("twice", a)
		w.wantNothingLeft()
	})
}

func TestManyRecordsAreBounded(t *testing.T) {
	run(t, func(w *world) {
		var urls []string
		for i := range 1000 {
			u := fmt.Sprintf("https://site.test/%d", i)
			w.serve(u, 1000, func(r *bgfetchtest.Resource) { r.Rate = 10000 })
			urls = append(urls, u)
		}
		w.fetch("many", urls...)
		time.Sleep(time.Second)
		small := w.serve(siteA, 10)
		w.fetch("late", siteA)
		time.Sleep(time.Second)
		w.wantSuccess("late", small) // fair: it does not wait for the thousand
		time.Sleep(time.Hour)
		w.wantNothingLeft()
		if peak := w.network.Peak(""); peak != engine.DefaultOptions.MaxPerHost {
			t.Errorf("%d transfers with one host at once, want %d", peak, engine.DefaultOptions.MaxPerHost)
		}
	})
}

func TestStreamWhileItDownloads(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 8<<20, func(r *bgfetchtest.Resource) { r.Rate = 1 << 20 })
		// A reader in a browser holds the cache open; here the event holds the data.
		read := make(chan struct{})
		w.events.OnDispatch = func(ctx context.Context, _ string, _ bgfetch.Snapshot) error {
			select {
			case <-read:
			case <-ctx.Done():
			}
			return ctx.Err()
		}
		snapshot := w.fetch("stream", siteA)
		record, err := w.engine.Record(context.Background(), snapshot.UniqueID, 0, true)
		if err != nil || record.Head == nil || record.Head.Status != 200 {
			t.Fatalf("Record = %+v, %v", record, err)
		}
		begun := time.Now()
		plan, err := w.engine.Plan(context.Background(), snapshot.UniqueID, 0, record.Generation, 0, true)
		if err != nil || len(plan.Segments) == 0 || plan.End || time.Since(begun) > time.Second {
			t.Fatalf("Plan = %+v, %v after %v", plan, err, time.Since(begun))
		}
		body, err := w.read(context.Background(), snapshot.UniqueID, record)
		if err != nil || string(body) != string(a) {
			t.Errorf("read %d bytes, %v", len(body), err)
		}
		if _, err := w.engine.Record(context.Background(), snapshot.UniqueID, 1, false); !errors.Is(err, bgfetch.ErrUnknown) {
			t.Errorf("a record that is not there: %v", err)
		}
		close(read)
	})
}
