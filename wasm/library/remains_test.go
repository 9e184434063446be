package library_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

func remains(uniqueID, url string, left time.Time, size int64) *bgfetch.Remains {
	return &bgfetch.Remains{
		Place: bgfetch.Place{UniqueID: uniqueID}, Of: uniqueID, ID: "id of " + uniqueID, URL: url, Left: left.UnixMilli(),
		Response: bgfetch.ResponseData{ETag: `"v1"`}, Segments: []bgfetch.Segment{{Length: size}},
	}
}

func places(all []*bgfetch.Remains) (ids []string) {
	for _, one := range all {
		ids = append(ids, one.UniqueID)
	}
	slices.Sort(ids)
	return ids
}

func TestRemainsSurplus(t *testing.T) {
	now := time.UnixMilli(1e12)
	ago := func(days float64) time.Time { return now.Add(-time.Duration(days * 24 * float64(time.Hour))) }
	all := []*bgfetch.Remains{
		remains("old", "https://a.test/1", ago(7), 100),
		remains("first", "https://a.test/2", ago(6.9), 100),
		remains("replaced", "https://a.test/3#a", ago(2), 100),
		remains("second", "https://a.test/3#b", ago(1), 100),
		remains("third", "https://a.test/4", ago(0), 100),
	}
	policy := library.DefaultRemains
	if got := places(policy.Surplus(all, now)); !slices.Equal(got, []string{"old", "replaced"}) {
		t.Errorf("by age and URL: %v", got)
	}
	policy.MaxBytes = 250
	if got := places(policy.Surplus(all, now)); !slices.Equal(got, []string{"first", "old", "replaced"}) {
		t.Errorf("by size: %v", got)
	}
	policy.Off = true
	if got := policy.Surplus(all, now); len(got) != len(all) {
		t.Errorf("where none stay: %v", places(got))
	}
}

func TestRemainsForRoom(t *testing.T) {
	now := time.UnixMilli(1e12)
	var all []*bgfetch.Remains
	for i := range 4 {
		all = append(all, remains(fmt.Sprint(i), "https://a.test/", now.Add(-time.Duration(i)*time.Second), 100))
	}
	for bytes, want := range map[int64][]string{0: {"3"}, 100: {"3"}, 101: {"2", "3"}, 1000: {"0", "1", "2", "3"}} {
		if got := places(library.ForRoom(all, bytes)); !slices.Equal(got, want) {
			t.Errorf("for %d bytes: %v, want %v", bytes, got, want)
		}
	}
	if got := library.ForRoom(nil, 1); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestRemainsWorth(t *testing.T) {
	one := func(size int64) *bgfetch.Remains { return remains("u", "https://a.test/", time.Now(), size) }
	policy := library.DefaultRemains
	if policy.IsWorth(one(256<<10-1)) || !policy.IsWorth(one(256<<10)) {
		t.Error("not from 256 KiB on")
	}
	if policy.MaxBytes = 300_000; !policy.IsWorth(one(300_000)) || policy.IsWorth(one(300_001)) {
		t.Error("not up to maxBytes")
	}
	if policy.Off = true; policy.IsWorth(one(300_000)) {
		t.Error("though none stay")
	}
}

func TestRemainsChosen(t *testing.T) {
	all := []*bgfetch.Remains{
		remains("a", "https://a.test/file?sig=1", time.UnixMilli(1), 100),
		remains("b", "https://a.test/other", time.UnixMilli(2), 100),
		remains("c", "https://a.test/unvalidated", time.UnixMilli(3), 100),
	}
	all[1].ID, all[2].ID = all[0].ID, "c"
	all[2].Response.ETag = ""
	for _, test := range []struct {
		id    string
		index int
		url   string
		want  int
	}{
		{"new", 0, "https://a.test/file?sig=1#x", 0},
		{"new", 0, "https://a.test/file?sig=2", -1},
		{all[0].ID, 0, "https://a.test/file?sig=2", 1}, // the last of that id
		{all[0].ID, 0, "https://a.test/file?sig=1", 0}, // the URL says more
		{all[0].ID, 1, "https://a.test/file?sig=2", -1},
		{"c", 0, "https://a.test/file?sig=2", -1},
		{"c", 0, "https://a.test/unvalidated", 2},
	} {
		requests := make([]bgfetch.Request, test.index+1)
		for i := range requests {
			requests[i] = bgfetch.Request{Method: "POST", URL: test.url}
		}
		requests[test.index].Method = "GET"
		got := library.Assign(all, test.id, requests, 1000)[test.index]
		if slices.Index(all, got) != test.want {
			t.Errorf("%+v: %+v", test, got)
		}
	}
	same, signed := library.Begin(all[0], "https://a.test/file?sig=1"), library.Begin(all[0], "https://a.test/file?sig=2")
	if same.Response.Compare || !signed.Response.Compare || signed.Response.From != all[0].URL || signed.Place != all[0].Place {
		t.Errorf("it begins with %+v and %+v", same, signed)
	}
}

// TestRemainsOfSeveral: no record takes what another one can begin with better.
func TestRemainsOfSeveral(t *testing.T) {
	one := remains("a", "https://a.test/a?sig=1", time.UnixMilli(1), 100)
	two := remains("a", "https://a.test/b?sig=1", time.UnixMilli(2), 100)
	one.ID, two.ID, one.Record, two.Record = "f", "f", 0, 1
	all := []*bgfetch.Remains{one, two}
	get := func(urls ...string) (requests []bgfetch.Request) {
		for _, url := range urls {
			requests = append(requests, bgfetch.Request{Method: "GET", URL: url})
		}
		return requests
	}
	for name, test := range map[string]struct {
		requests []bgfetch.Request
		room     int64
		want     []*bgfetch.Remains
	}{
		"in another order":         {get("https://a.test/b?sig=1", "https://a.test/a?sig=1"), 1000, []*bgfetch.Remains{two, one}},
		"another one before it":    {get("https://a.test/c", "https://a.test/a?sig=1"), 1000, []*bgfetch.Remains{nil, one}},
		"signed anew":              {get("https://a.test/a?sig=2", "https://a.test/b?sig=2"), 1000, []*bgfetch.Remains{one, two}},
		"the same twice":           {get("https://a.test/a?sig=1", "https://a.test/a?sig=1"), 1000, []*bgfetch.Remains{one, two}},
		"room for one":             {get("https://a.test/a?sig=2", "https://a.test/b?sig=2"), 150, []*bgfetch.Remains{one, nil}},
		"one of them is of no use": {get("https://a.test/c", "https://a.test/d", "https://a.test/a?sig=1"), 1000, []*bgfetch.Remains{nil, two, one}},
	} {
		if got := library.Assign(all, "f", test.requests, test.room); !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := library.Assign(nil, "f", get("https://a.test/a?sig=1"), 1000); got[0] != nil {
		t.Errorf("of none: %+v", got)
	}
}

func TestRemainsOptions(t *testing.T) {
	days := func(days float64) *bgfetch.RemainsInit { return &bgfetch.RemainsInit{Days: &days} }
	bytes := func(bytes int64) *bgfetch.RemainsInit { return &bgfetch.RemainsInit{MaxBytes: &bytes} }
	if p, err := library.DefaultRemains.With(nil); err != nil || !p.Off {
		t.Errorf("none: %+v, %v", p, err)
	}
	if p, err := library.DefaultRemains.With(days(0.5)); err != nil || p.Age != 12*time.Hour || p.Off {
		t.Errorf("half a day: %+v, %v", p, err)
	}
	if p, err := library.DefaultRemains.With(bytes(5)); err != nil || p.MaxBytes != 5 || p.Age != library.DefaultRemains.Age {
		t.Errorf("5 bytes: %+v, %v", p, err)
	}
	for _, wrong := range []*bgfetch.RemainsInit{days(0), days(-1), days(4000), bytes(-1)} {
		if _, err := library.DefaultRemains.With(wrong); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}
