package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// keepAs fetches a file of a MiB, to be kept, and waits until that is done.
func (w *world) keepAs(id string, retention bgfetch.Retention) {
	w.t.Helper()
	url := siteA + id
	w.serve(url, mib)
	w.fetchWith(id, url, func(init *bgfetch.FetchInit) { init.Keep, init.Retention = true, retention })
	time.Sleep(2 * time.Minute)
}

// stay checks which are kept, by id, and that of the others nothing is left.
func (w *world) stay(ids string) {
	w.t.Helper()
	var got []string
	for _, k := range w.engine.Kept(bgfetch.KeptQuery{}) {
		got = append(got, k.ID)
	}
	slices.Sort(got)
	if strings.Join(got, "") != ids {
		w.t.Errorf("%q are kept, want %q", got, ids)
	}
	w.wantKept(len(ids), len(ids)*mib)
}

// told are the ids of the records that the site was told are about to go, in order.
func (w *world) told() (ids string) {
	for _, k := range w.events.Evicted() {
		ids += k.ID
	}
	return ids
}

// readKept reads the kept record with that id.
func (w *world) readKept(id string) {
	w.t.Helper()
	if w.found(siteA+id) == nil {
		w.t.Errorf("%q is not kept", id)
	}
}

func bytesAtMost(n int64) bgfetch.KeepMax { return bgfetch.KeepMax{Bytes: &n} }

// TestKeepMax: what was read longest ago goes first, never what is pinned.
func TestKeepMax(t *testing.T) {
	share := 0.5
	for name, max := range map[string]bgfetch.KeepMax{"bytes": bytesAtMost(3 * mib), "share": {Share: &share}} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.bodies.Quota = 6*mib + 100
				w.options.KeepMax = max
				w.kill()
				w.start()
				w.keepAs("p", bgfetch.Retention{Pinned: true})
				for _, id := range []string{"a", "b", "c"} {
					w.keepAs(id, bgfetch.Retention{})
				}
				w.stay("abcp") // what is pinned does not count
				w.readKept("a")
				time.Sleep(2 * time.Minute)
				w.kill()
				w.start() // which knows what was read
				w.keepAs("d", bgfetch.Retention{})
				w.stay("acdp")
				if told := w.told(); told != "b" {
					t.Errorf("the site was told of %q", told)
				}
				w.keepAs("e", bgfetch.Retention{})
				w.stay("adep")
			})
		})
	}
}

// What is read while the site is told of its end, or is being read, stays until it is not.
func TestWhatIsReadStays(t *testing.T) {
	run(t, func(w *world) {
		w.options.KeepMax = bytesAtMost(2 * mib)
		w.kill()
		w.start()
		w.events.SetOnEvict(func([]bgfetch.KeptRecord) []int { return []int{0} })
		w.keepAs("a", bgfetch.Retention{})
		w.keepAs("b", bgfetch.Retention{})
		w.keepAs("c", bgfetch.Retention{})
		if told := w.told(); !strings.HasPrefix(told, "a") {
			t.Errorf("the site was told of %q", told)
		}
		w.events.SetOnEvict(nil)
		time.Sleep(10 * time.Minute)
		if n := len(w.engine.Kept(bgfetch.KeptQuery{})); n != 2 {
			t.Errorf("%d are kept", n)
		}
		w.events.SetOnEvict(func(records []bgfetch.KeptRecord) []int {
			w.readKept(records[0].ID) // and is to be had as ever
			return nil
		})
		before := len(w.events.Evicted())
		w.keepAs("d", bgfetch.Retention{})
		if n := len(w.events.Evicted()); n == before {
			t.Error("the site was told of nothing")
		}
	})
}

func TestExpires(t *testing.T) {
	run(t, func(w *world) {
		w.keepAs("a", bgfetch.Retention{Expires: time.Now().Add(time.Hour).UnixMilli(), Pinned: true})
		w.keepAs("b", bgfetch.Retention{Expires: time.Now().Add(3 * time.Hour).UnixMilli()})
		w.keepAs("c", bgfetch.Retention{})
		w.stay("abc")
		time.Sleep(time.Hour)
		w.stay("bc")
		w.kill()
		time.Sleep(3 * time.Hour)
		w.start()
		w.wantFound(siteA+"b", nil) // from the first moment on
		time.Sleep(time.Second)
		w.stay("c")
		if told := w.told(); told != "ab" {
			t.Errorf("the site was told of %q", told)
		}
		time.Sleep(1000 * time.Hour)
		w.stay("c")
	})
}

// TestRoom: what has expired makes room, what is kept only where the options say so, and never
// what is pinned.
func TestRoom(t *testing.T) {
	for _, room := range []bgfetch.Room{"", bgfetch.RoomFree, bgfetch.RoomEvict} {
		for _, announced := range []bool{true, false} {
			t.Run(fmt.Sprint(room, announced), func(t *testing.T) {
				run(t, func(w *world) {
					w.bodies.Quota = 5 * mib
					w.bodies.HideRoom = !announced
					w.keepAs("a", bgfetch.Retention{})
					w.keepAs("b", bgfetch.Retention{})
					w.keepAs("p", bgfetch.Retention{Pinned: true})
					body := w.serve(siteB, 3*mib, func(r *resource) { r.Rate = mib })
					w.fetchWith("large", siteB, func(init *bgfetch.FetchInit) { init.Room = room })
					time.Sleep(time.Minute)
					if room != bgfetch.RoomEvict {
						w.wantFailure("large", bgfetch.ReasonQuotaExceeded)
						if n := len(w.engine.Kept(bgfetch.KeptQuery{})); n != 3 {
							t.Errorf("%d are kept", n)
						}
						return
					}
					w.wantSuccess("large", body)
					gone := "a"
					if !announced {
						gone = "ab" // the browser does not tell what there is room for
					}
					if told := w.told(); told != gone {
						t.Errorf("the site was told of %q", told)
					}
					w.stay(strings.TrimLeft("abp", gone))
				})
			})
		}
	}
}

// TestRoomBesideReaders: what is being read is passed over, and the next one goes.
func TestRoomBesideReaders(t *testing.T) {
	for name, expires := range map[string]time.Duration{"read longest ago": 0, "expired": time.Minute} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.bodies.Quota = 4 * mib
				w.events.SetOnEvict(func(records []bgfetch.KeptRecord) (reading []int) {
					for i, record := range records {
						if record.ID == "a" {
							reading = append(reading, i)
						}
					}
					return reading
				})
				retention := bgfetch.Retention{}
				if expires > 0 {
					retention.Expires = time.Now().Add(expires).UnixMilli()
				}
				w.keepAs("a", retention)
				w.keepAs("b", bgfetch.Retention{})
				time.Sleep(30 * time.Second) // what has expired is tried each minute, and not while room is needed
				body := w.serve(siteB, 3*mib-1000)
				w.fetchWith("large", siteB, func(init *bgfetch.FetchInit) { init.Room = bgfetch.RoomEvict })
				time.Sleep(10 * time.Second)
				w.wantSuccess("large", body)
				if told := w.told(); !strings.HasPrefix(told, "a") || !strings.HasSuffix(told, "b") {
					t.Errorf("the site was told of %q", told)
				}
				if used := w.bodies.Used(); used != mib {
					t.Errorf("%d bytes are stored", used)
				}
				w.events.SetOnEvict(nil)
				time.Sleep(10 * time.Minute)
			})
		})
	}
}

// A closing event's listener may still read what was kept: it is not evicted before that is over.
func TestNotEvictedBeforeItsEvent(t *testing.T) {
	run(t, func(w *world) {
		w.bodies.Quota = 4 * mib
		listens := make(chan struct{})
		w.events.OnDispatch = func(ctx context.Context, event string, s bgfetch.Snapshot) error {
			if s.ID == "a" {
				<-listens
			}
			return w.listen(ctx, event, s)
		}
		a := w.serve(siteA, mib)
		w.fetchWith("a", siteA, func(init *bgfetch.FetchInit) { init.Keep = true })
		time.Sleep(time.Minute)
		w.serve(siteB, 4*mib)
		w.fetchWith("large", siteB, func(init *bgfetch.FetchInit) { init.Room = bgfetch.RoomEvict })
		time.Sleep(time.Minute)
		w.wantFailure("large", bgfetch.ReasonQuotaExceeded)
		close(listens)
		time.Sleep(time.Minute)
		w.wantSuccess("a", a)
	})
}

func TestKeptUsageAndGroups(t *testing.T) {
	run(t, func(w *world) {
		w.keepAs("a", bgfetch.Retention{Group: "season 1"})
		w.keepAs("b", bgfetch.Retention{Group: "season 1"})
		w.keepAs("c", bgfetch.Retention{})
		if u := w.engine.KeptUsage(); u.Bytes != 3*mib || u.Groups["season 1"] != 2*mib || u.Groups[""] != mib {
			t.Errorf("usage: %+v", u)
		}
		group := "season 1"
		if n, err := w.engine.DeleteKept(context.Background(), bgfetch.KeptQuery{Group: &group}); n != 2 || err != nil {
			t.Errorf("deleted %d, %v", n, err)
		}
		w.stay("c")
		if told := w.told(); told != "" {
			t.Errorf("the site, which deleted it, was told of %q", told)
		}
		if n, err := w.engine.DeleteKept(context.Background(), bgfetch.KeptQuery{Group: &group}); n != 0 || !strings.HasPrefix(fmt.Sprint(err), "TypeError: options.group") {
			t.Errorf("an unknown group: %d, %v", n, err)
		}
	})
}

func TestCrashWhileEvicting(t *testing.T) {
	crashAtEveryWrite(t, 2, func(w *world) (act, check func()) {
		w.keepAs("a", bgfetch.Retention{Expires: time.Now().Add(time.Hour).UnixMilli()})
		w.keepAs("b", bgfetch.Retention{})
		return func() { time.Sleep(time.Hour) }, func() {
			time.Sleep(time.Minute)
			w.stay("b")
			if told := w.told(); !strings.HasPrefix(told, "a") {
				w.t.Errorf("the site was told of %q", told)
			}
		}
	})
}

func TestBadRetention(t *testing.T) {
	run(t, func(w *world) {
		w.bodies.Quota = 100 * mib
		tooMuch, negative, share := int64(101*mib), int64(-1), 1.5
		for name, change := range map[string]func(init *bgfetch.FetchInit){
			"keep.expires": func(init *bgfetch.FetchInit) { init.Retention.Expires = time.Now().UnixMilli() },
			"keep.group":   func(init *bgfetch.FetchInit) { init.Retention.Group = strings.Repeat("x", 501) },
			"options.room": func(init *bgfetch.FetchInit) { init.Room = "all" },
			"keepMax":      func(*bgfetch.FetchInit) { w.options.KeepMax = bgfetch.KeepMax{Bytes: &tooMuch} },
			"keepMax ":     func(*bgfetch.FetchInit) { w.options.KeepMax = bgfetch.KeepMax{Bytes: &negative} },
			"keepMax  ":    func(*bgfetch.FetchInit) { w.options.KeepMax = bgfetch.KeepMax{Share: &share} },
		} {
			init := fetchInit("f", siteA)
			init.Keep = true
			w.options.KeepMax = bgfetch.KeepMax{}
			change(&init)
			w.kill()
			w.start()
			_, err := w.engine.Fetch(context.Background(), init)
			if text := fmt.Sprint(err); !strings.HasPrefix(text, "TypeError: ") || !strings.Contains(text, strings.TrimSpace(name)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.wantNothingLeft()
	})
}

// TestNoRoomAtAll: what is larger than the quota is refused at once, and nothing goes for it.
func TestNoRoomAtAll(t *testing.T) {
	run(t, func(w *world) {
		w.keepAs("k", bgfetch.Retention{})
		w.kill()
		w.bodies.Quota, w.bodies.Frees = 8*mib, 8*time.Second
		w.start()
		w.serve(siteA, 9*mib)
		for i, total := range []int64{9 * mib, 9 * mib, 0} {
			id := fmt.Sprintf("f%d", i)
			init := fetchInit(id, siteA)
			init.DownloadTotal, init.Room = total, bgfetch.RoomEvict
			asked := time.Now()
			_, err := w.engine.Fetch(context.Background(), init)
			if total == 0 {
				time.Sleep(time.Second)
				w.wantFailure(id, bgfetch.ReasonQuotaExceeded)
				continue
			}
			var refused *bgfetch.Error
			if !errors.As(err, &refused) || refused.Name != bgfetch.QuotaExceededError || time.Since(asked) > 0 {
				t.Errorf("after %v: %v", time.Since(asked), err)
			}
		}
		w.wantKept(1, mib)
	})
}
