package engine_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

func TestWhatIsShown(t *testing.T) {
	run(t, func(w *world) {
		const size = 4 << 20
		w.serve(siteA, size, slow)
		init := fetchInit("film", siteA)
		init.Title, init.DownloadTotal = "A film", size
		init.Icons = []bgfetch.Image{{Src: "/small", Sizes: "48x48"}, {Src: "/good", Sizes: "256x256"}, {Src: "/huge", Sizes: "1024x1024"}}
		began := time.Now()
		f, err := w.engine.Fetch(context.Background(), init)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2500 * time.Millisecond)
		w.pause(f.UniqueID)
		time.Sleep(time.Second)
		w.resume(f.UniqueID)
		time.Sleep(time.Minute)
		shown := w.display.Shown()
		if most := int(time.Since(began)/time.Second) + 4; len(shown) < 4 || len(shown) > most || len(shown) > 9 {
			t.Fatalf("%d times shown in 5 s", len(shown))
		}
		first, last := shown[0], shown[len(shown)-1]
		if first.Tag != f.UniqueID || first.Title != "A film" || first.Body != "site.test\n1 / 4.2 MB" || first.Icon != "/good" {
			t.Errorf("first %+v", first)
		}
		if got := actions(first); !reflect.DeepEqual(got, []string{"abort", "pause"}) {
			t.Errorf("the user can %v", got)
		}
		if last.Body != "site.test\n✓ 4.2 MB" || len(last.Actions) != 0 || last.Snapshot.Result != bgfetch.ResultSuccess {
			t.Errorf("last %+v", last)
		}
		paused := 0
		for _, s := range shown {
			if reflect.DeepEqual(actions(s), []string{"abort", "resume"}) {
				paused++
			}
		}
		if paused == 0 {
			t.Error("it is not shown that it is paused")
		}
	})
}

func actions(s bgfetch.Shown) []string {
	names := []string{}
	for _, action := range s.Actions {
		names = append(names, string(action.Action))
	}
	return names
}

// TestShownAgain: what could not be shown, and makes no progress, is shown later.
func TestShownAgain(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 1000)
		w.display.Failures = 2
		f := w.fetchWith("waits", siteA, func(init *bgfetch.FetchInit) { init.Paused = true })
		time.Sleep(time.Minute)
		if shown := w.display.Shown(); len(shown) != 1 || shown[0].Tag != f.UniqueID {
			t.Errorf("shown: %+v", shown)
		}
	})
}

func TestWhatIsNotShown(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 1000)
		w.fetch("short", siteA)
		time.Sleep(time.Minute)
		w.result("short")
		if shown := w.display.Shown(); len(shown) != 0 {
			t.Errorf("one that took no time is shown: %+v", shown)
		}
		w.serve(siteB, 10<<20, slow)
		f := w.fetch("aborted", siteB)
		time.Sleep(2 * time.Second)
		if _, err := w.engine.Abort(context.Background(), f.UniqueID, ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		shown, closed := w.display.Shown(), w.display.Closed()
		if len(shown) == 0 || !reflect.DeepEqual(closed, []string{f.UniqueID}) {
			t.Errorf("shown %+v, taken away %v", shown, closed)
		}
		if shown[0].Title != "site.test" || shown[0].Body != "1 MB" {
			t.Errorf("without a title and a total: %+v", shown[0])
		}
	})
}

func TestUpdateUI(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 1000)
		title := "Ready"
		w.events.OnDispatch = func(_ context.Context, _ string, s bgfetch.Snapshot) error {
			return w.engine.UpdateUI(s.UniqueID, bgfetch.UI{Title: &title, Icons: []bgfetch.Image{{Src: "/done"}}})
		}
		f := w.fetch("short", siteA)
		time.Sleep(time.Minute)
		shown := w.display.Shown()
		if len(shown) != 1 || shown[0].Title != "Ready" || shown[0].Icon != "/done" || shown[0].Body != "site.test\n✓ 1 kB" {
			t.Errorf("shown: %+v", shown)
		}
		if err := w.engine.UpdateUI(f.UniqueID, bgfetch.UI{Title: &title}); err == nil {
			t.Error("updateUI after the event is accepted")
		}
	})
}

// What updateUI said is known to the next engine, which fires the event again.
func TestUpdateUISurvivesTheWorker(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 1000)
		title := "Ready"
		w.events.OnDispatch = func(ctx context.Context, _ string, s bgfetch.Snapshot) error {
			if err := w.engine.UpdateUI(s.UniqueID, bgfetch.UI{Title: &title}); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}
		w.fetch("short", siteA)
		time.Sleep(time.Minute)
		w.kill()
		w.events.OnDispatch = w.listen
		w.start()
		time.Sleep(time.Minute)
		shown := w.display.Shown()
		if n := len(shown); n == 0 || shown[n-1].Title != "Ready" {
			t.Errorf("shown: %+v", shown)
		}
		w.wantNothingLeft()
	})
}

func TestUploadsCannotBePaused(t *testing.T) {
	run(t, func(w *world) {
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) bgfetchtest.Response {
			return bgfetchtest.Response{Delay: 10 * time.Second, Head: bgfetch.Head{URL: siteA, Type: "basic", Status: 500}}
		})
		init := fetchInit("upload", siteA)
		init.Requests[0].Method = "POST"
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		shown := w.display.Shown()
		if len(shown) != 2 || !reflect.DeepEqual(actions(shown[0]), []string{"abort"}) || shown[1].Title+shown[1].Body != "site.test✗ 0 B" {
			t.Errorf("shown: %+v", shown)
		}
	})
}
