package library_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

// TestCurrent compares the choice with one that asks for each record who else has its URL.
func TestCurrent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var kept []library.Kept
		for at := range 1 + r.IntN(5) {
			for index := range 1 + r.IntN(3) {
				kept = append(kept, library.Kept{
					UniqueID: fmt.Sprint("f", at), Index: index, URL: fmt.Sprintf("https://site.test/%d#%d", r.IntN(4), r.IntN(2)),
					KeptAt: int64(at + 1), Dropped: r.IntN(4) == 0,
				})
			}
		}
		var want []library.Kept
		for _, one := range kept {
			replaced := slices.ContainsFunc(kept, func(other library.Kept) bool {
				return !other.Dropped && other.KeptAt > one.KeptAt && bgfetch.MatchURL(other.URL, false) == bgfetch.MatchURL(one.URL, false)
			})
			if !one.Dropped && !replaced {
				want = append(want, one)
			}
		}
		slices.SortStableFunc(want, func(a, b library.Kept) int { return int(b.KeptAt - a.KeptAt) })
		before := slices.Clone(kept)
		got := library.Current(kept)
		if !slices.Equal(got, want) {
			t.Fatalf("of %v: %v, want %v", kept, got, want)
		}
		if !slices.Equal(kept, before) {
			t.Fatal("Current changed what it was given")
		}
	}
}

func TestIsChosen(t *testing.T) {
	for _, test := range []struct {
		query bgfetch.KeptQuery
		want  bool
	}{
		{bgfetch.KeptQuery{}, true},
		{bgfetch.KeptQuery{UniqueID: "u"}, true},
		{bgfetch.KeptQuery{UniqueID: "other"}, false},
		{bgfetch.KeptQuery{URL: "https://site.test/a?b#d"}, true},
		{bgfetch.KeptQuery{URL: "https://site.test/a"}, false},
		{bgfetch.KeptQuery{URL: "https://site.test/a", IgnoreSearch: true}, true},
		{bgfetch.KeptQuery{UniqueID: "other", URL: "https://site.test/a?b"}, false},
		{bgfetch.KeptQuery{Group: &[]string{"g"}[0]}, true},
		{bgfetch.KeptQuery{Group: &[]string{""}[0]}, false},
	} {
		if got := library.IsChosen(test.query, "u", "g", "https://site.test/a?b#c"); got != test.want {
			t.Errorf("%+v: %v", test.query, got)
		}
	}
}
