package engine_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// season begins one background fetch of the group for each size, with ids e0, e1, …
func (w *world) season(group string, sizes ...int) (bodies [][]byte) {
	w.t.Helper()
	for i, size := range sizes {
		url := fmt.Sprintf("https://host%d.test/episode", i)
		bodies = append(bodies, w.serve(url, size, slow, func(r *resource) { r.Type = "cors" }))
		init := fetchInit(fmt.Sprint("e", i), url)
		init.UniqueID = fmt.Sprint(init.UniqueID, "-", time.Now().UnixMilli())
		time.Sleep(time.Millisecond) // one is created after the other
		init.Group, init.DownloadTotal = group, int64(size)
		// Where the worker dies meanwhile there is nothing to be said.
		if _, err := w.engine.Fetch(context.Background(), init); err != nil && w.engine.Err() == nil {
			w.t.Fatal(err)
		}
	}
	return bodies
}

// group is what is told of a group now, without what orders the snapshots.
func (w *world) group(name string) bgfetch.GroupSnapshot {
	w.t.Helper()
	group, err := w.engine.Group(context.Background(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	group.Engine, group.Revision = 0, 0
	return group
}

func TestGroupSums(t *testing.T) {
	run(t, func(w *world) {
		empty := bgfetch.GroupSnapshot{Group: "season", IDs: []string{}, State: bgfetch.ActivitySettled, States: map[bgfetch.Activity]int{}}
		if got := w.group("season"); !reflect.DeepEqual(got, empty) {
			t.Errorf("of nobody: %+v", got)
		}
		bodies := w.season("season", mib, 3*mib, 3*mib)
		w.serve(siteA, 5*mib, slow)
		w.fetch("another", siteA)
		time.Sleep(1500 * time.Millisecond)
		half := w.group("season")
		if half.DownloadTotal != 7*mib || half.Downloaded <= 2*mib || half.Downloaded >= 7*mib {
			t.Errorf("half-way: %+v", half)
		}
		if half.Results != (bgfetch.Results{Success: 1}) || half.States[bgfetch.ActivityRunning] != 2 || half.State != bgfetch.ActivityRunning {
			t.Errorf("half-way: %+v", half)
		}
		w.kill()
		w.start()
		synctest.Wait()
		if again := w.group("season"); again.Downloaded < half.Downloaded || again.Results != half.Results || again.DownloadTotal != half.DownloadTotal {
			t.Errorf("after a restart %+v, before %+v", again, half)
		}
		time.Sleep(time.Minute)
		for i, body := range bodies {
			w.wantSuccess(fmt.Sprint("e", i), body)
		}
		done := bgfetch.GroupSnapshot{
			Group: "season", IDs: []string{"e0", "e1", "e2"}, State: bgfetch.ActivitySettled, States: map[bgfetch.Activity]int{},
			Results: bgfetch.Results{Success: 3}, Downloaded: 7 * mib, DownloadTotal: 7 * mib,
		}
		if got := w.group("season"); !reflect.DeepEqual(got, done) {
			t.Errorf("at the end %+v", got)
		}
		w.kill()
		w.start()
		if got := w.group("season"); !reflect.DeepEqual(got, done) {
			t.Errorf("at the end, after a restart %+v", got)
		}
		told := w.events.Groups()
		if last := told[len(told)-1]; last.Results != done.Results || last.Downloaded != done.Downloaded {
			t.Errorf("told last: %+v", last)
		}
		for i, group := range told[1:] {
			if group.Engine == told[i].Engine && group.Downloaded < told[i].Downloaded {
				t.Errorf("the sum went back from %d to %d", told[i].Downloaded, group.Downloaded)
			}
		}

		// The next one begins a round of its own.
		time.Sleep(time.Hour)
		w.season("season", mib)
		if got := w.group("season"); !reflect.DeepEqual(got.IDs, []string{"e0"}) || got.Results != (bgfetch.Results{}) || got.DownloadTotal != mib {
			t.Errorf("the next round %+v", got)
		}
	})
}

func TestGroupTellsOfEach(t *testing.T) {
	run(t, func(w *world) {
		w.season("season", mib)
		w.serve(siteA, 100)
		w.fetch("single", siteA)
		if list := w.engine.List(); list[0].Group != "season" || list[1].Group != "" {
			t.Errorf("the list has the groups %q and %q", list[0].Group, list[1].Group)
		}
		groups, err := w.engine.Groups(context.Background(), false)
		if err != nil || len(groups) != 1 || groups[0].Group != "season" {
			t.Errorf("groups of the list: %+v, %v", groups, err)
		}
		time.Sleep(time.Minute)
		for _, ended := range w.history() {
			if want := map[string]string{"e0": "season"}[ended.ID]; ended.Group != want {
				t.Errorf("the history has %q in the group %q", ended.ID, ended.Group)
			}
		}
		if groups, err := w.engine.Groups(context.Background(), false); err != nil || len(groups) != 0 {
			t.Errorf("groups of the list when all have ended: %+v, %v", groups, err)
		}
		if err := w.engine.ClearHistory(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := w.group("season"); len(got.IDs) != 0 || got.Downloaded != 0 {
			t.Errorf("of what the user has removed: %+v", got)
		}
	})
}

// What failed counts among the results, and in no sum; made again it counts once.
func TestGroupWithFailure(t *testing.T) {
	run(t, func(w *world) {
		w.season("season", mib, 2*mib)
		init := fetchInit("gone", "https://gone.test/x")
		init.Group = "season"
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		got := w.group("season")
		if got.Results != (bgfetch.Results{Success: 2, Failure: 1}) || got.Downloaded != 3*mib || got.DownloadTotal != 3*mib {
			t.Errorf("%+v", got)
		}
		var number int64
		for _, ended := range w.history() {
			if ended.ID == "gone" {
				number = ended.Number
			}
		}
		w.serve("https://gone.test/x", mib, slow, func(r *resource) { r.Type = "cors" })
		if _, err := w.engine.Retry(context.Background(), number, "again"); err != nil {
			t.Fatal(err)
		}
		if snapshot, _ := w.engine.Get("gone"); snapshot.Group != "season" {
			t.Errorf("made again it is in the group %q", snapshot.Group)
		}
	})
}

func TestPauseResumeAndAbortGroup(t *testing.T) {
	run(t, func(w *world) {
		ctx := context.Background()
		bodies := w.season("season", 3*mib, 3*mib, 3*mib)
		another := w.serve(siteA, 20*mib, slow)
		w.fetch("another", siteA)
		episodes := func() (asked int) {
			for _, request := range w.network.Requests() {
				if request.Request.URL != siteA {
					asked++
				}
			}
			return asked
		}
		time.Sleep(1500 * time.Millisecond)
		if paused, err := w.engine.PauseGroup("season"); err != nil || !paused {
			t.Fatalf("PauseGroup = %v, %v", paused, err)
		}
		time.Sleep(time.Second)
		asked, before := episodes(), w.group("season")
		time.Sleep(time.Minute)
		if got := w.group("season"); got.State != bgfetch.ActivityPaused || got.States[bgfetch.ActivityPaused] != 3 || got.Downloaded != before.Downloaded {
			t.Errorf("paused: %+v, before %+v", got, before)
		}
		if now := episodes(); now != asked {
			t.Errorf("%d requests while it was paused", now-asked)
		}
		w.wantSuccess("another", another)
		low := bgfetch.PriorityLow
		if changed, err := w.engine.SetGroupOptions("season", bgfetch.NetworkOptionsInit{Priority: &low}); err != nil || !changed {
			t.Errorf("SetGroupOptions = %v, %v", changed, err)
		}
		for _, snapshot := range w.engine.Active() {
			if snapshot.Priority != low || !snapshot.Paused {
				t.Errorf("%+v", snapshot)
			}
		}
		if err := w.engine.ResumeGroup("season"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		for i, body := range bodies {
			w.wantSuccess(fmt.Sprint("e", i), body)
		}
		for _, nobody := range []string{"season", "nobody"} {
			paused, err1 := w.engine.PauseGroup(nobody)
			aborted, err2 := w.engine.AbortGroup(ctx, nobody, "")
			changed, err3 := w.engine.SetGroupOptions(nobody, bgfetch.NetworkOptionsInit{})
			if paused || aborted || changed || err1 != nil || err2 != nil || err3 != nil || w.engine.ResumeGroup(nobody) != nil {
				t.Errorf("%q: %v %v, %v %v, %v %v", nobody, paused, err1, aborted, err2, changed, err3)
			}
		}

		w.season("season", 3*mib, 3*mib)
		time.Sleep(time.Second)
		for range 2 { // the second is the same call again, whose answer was lost
			if aborted, err := w.engine.AbortGroup(ctx, "season", "call"); err != nil || !aborted {
				t.Fatalf("AbortGroup = %v, %v", aborted, err)
			}
		}
		if len(w.engine.Active()) != 0 {
			t.Error("some are still active")
		}
		time.Sleep(time.Minute)
		if aborted, err := w.engine.AbortGroup(ctx, "season", "call"); err != nil || !aborted {
			t.Errorf("the same call after all is over: %v, %v", aborted, err)
		}
		if aborted, err := w.engine.AbortGroup(ctx, "season", "other"); err != nil || aborted {
			t.Errorf("another call: %v, %v", aborted, err)
		}
		if got := w.group("season"); got.Results != (bgfetch.Results{Failure: 2}) || got.Downloaded != 0 {
			t.Errorf("aborted: %+v", got)
		}
		w.wantNothingLeft()
	})
}

func TestOneNotificationForAGroup(t *testing.T) {
	run(t, func(w *world) {
		w.season("Season 1", mib, 4*mib, 4*mib)
		time.Sleep(2500 * time.Millisecond)
		if _, err := w.engine.PauseGroup("Season 1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		shown := w.display.Shown()
		paused := shown[len(shown)-1]
		if paused.Title != "Season 1" || paused.Group != "Season 1" || !strings.HasPrefix(paused.Body, "site.test\n⏸ ") || !strings.HasSuffix(paused.Body, " / 9.4 MB · 1 / 3") {
			t.Errorf("paused: %+v", paused)
		}
		if got := actions(paused); !reflect.DeepEqual(got, []string{"abort", "resume"}) {
			t.Errorf("the user can %v", got)
		}
		_ = w.engine.ResumeGroup("Season 1")
		time.Sleep(time.Minute)
		shown = w.display.Shown()
		if len(shown) > 10 {
			t.Errorf("%d times shown in 6 s", len(shown))
		}
		for _, one := range shown {
			if one.Tag != "group:Season 1" {
				t.Errorf("shown by itself: %+v", one)
			}
		}
		last := shown[len(shown)-1]
		if last.Body != "site.test\n✓ 9.4 / 9.4 MB · 3 / 3" || len(last.Actions) != 0 || last.Snapshot.UniqueID == "" {
			t.Errorf("last: %+v", last)
		}

		time.Sleep(time.Hour)
		w.season("Season 1", 4*mib, 4*mib)
		time.Sleep(2 * time.Second)
		if _, err := w.engine.AbortGroup(context.Background(), "Season 1", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		closed := w.display.Closed()
		if len(closed) == 0 || closed[len(closed)-1] != "group:Season 1" {
			t.Errorf("taken away: %v", closed)
		}
	})
}

func TestWrongGroups(t *testing.T) {
	run(t, func(w *world) {
		ctx := context.Background()
		long := strings.Repeat("ä", bgfetch.MaxGroup)
		init := fetchInit("f", siteA)
		init.Group = long + "x"
		_, err := w.engine.Fetch(ctx, init)
		w.wantTypeError(err, "options.group")
		init.Group, init.Keep, init.Retention.Group = "", true, long+"x"
		_, err = w.engine.Fetch(ctx, init)
		w.wantTypeError(err, "options.keep.group")
		for _, name := range []string{"", long + "x"} {
			_, err := w.engine.Group(ctx, name)
			w.wantTypeError(err, "group")
			_, err = w.engine.PauseGroup(name)
			w.wantTypeError(err, "group")
			w.wantTypeError(w.engine.ResumeGroup(name), "group")
			_, err = w.engine.AbortGroup(ctx, name, "")
			w.wantTypeError(err, "group")
			_, err = w.engine.SetGroupOptions(name, bgfetch.NetworkOptionsInit{})
			w.wantTypeError(err, "group")
		}
		wrong := bgfetch.Priority("highest")
		_, err = w.engine.SetGroupOptions("nobody", bgfetch.NetworkOptionsInit{Priority: &wrong})
		w.wantTypeError(err, "highest")
		if group := w.group(long); group.Group != long {
			t.Errorf("the longest name: %+v", group)
		}
	})
}

// The group of a background fetch is that of what is kept of it, where nothing else is said.
func TestGroupOfWhatIsKept(t *testing.T) {
	run(t, func(w *world) {
		for id, retention := range map[string]bgfetch.Retention{"default": {}, "other": {Group: "other"}} {
			w.serve(siteA+id, 1000)
			w.fetchWith(id, siteA+id, func(init *bgfetch.FetchInit) {
				init.Group, init.Keep, init.Retention = "season", true, retention
			})
		}
		time.Sleep(time.Minute)
		kept := w.engine.Kept(bgfetch.KeptQuery{})
		groups := map[string]string{}
		for _, record := range kept {
			groups[record.ID] = record.Group
		}
		if !reflect.DeepEqual(groups, map[string]string{"default": "season", "other": "other"}) {
			t.Errorf("kept in %v", groups)
		}
		if got := w.group("season"); got.Results.Success != 2 || got.Downloaded != 2000 || got.DownloadTotal != 2000 {
			t.Errorf("%+v", got)
		}
	})
}

func TestBlockedPort(t *testing.T) {
	run(t, func(w *world) {
		_, err := w.engine.Fetch(context.Background(), fetchInit("f", "https://site.test:6697/a"))
		w.wantTypeError(err, "port 6697 is blocked")
		w.serve("https://site.test:669/a", 10, func(r *resource) { r.Type = "cors" })
		w.fetch("f", "https://site.test:669/a")
	})
}
