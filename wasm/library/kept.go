package library

import (
	"cmp"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// Keeping is an addition to the standard: with FetchInit.Keep the records of a
// background fetch that succeeded stay after its closing event, where they are. The
// write of its result is the moment: from then on a URL is answered from the records
// that were kept last. Those that had the same URL before are deleted afterwards.

// Kept is a kept record, as far as it is chosen by that.
type Kept struct {
	UniqueID string
	Index    int
	// URL is that of its request.
	URL string
	// KeptAt is its background fetch's.
	KeptAt int64
	// Dropped: it was deleted or replaced.
	Dropped bool
	// Delivering: its background fetch is not done with.
	Delivering bool
	// Size is the number of bytes that are stored, and ReadAt when it was last read, in ms since
	// 1970; 0: never.
	Size, ReadAt int64
	bgfetch.Retention
}

// Place names it.
func (k Kept) Place() bgfetch.Place { return bgfetch.Place{UniqueID: k.UniqueID, Index: k.Index} }

// LastUsed is when it was last read, or else kept, in ms since 1970.
func (k Kept) LastUsed() int64 { return max(k.KeptAt, k.ReadAt) }

// Current returns those that answer for their URL, the last kept first: not those that were
// dropped, nor those in whose place others with the same URL were kept. A background fetch
// may have several with the same URL. Those of one background fetch follow one another.
func Current(kept []Kept) []Kept {
	kept = slices.Clone(kept)
	slices.SortStableFunc(kept, func(a, b Kept) int { return cmp.Compare(b.KeptAt, a.KeptAt) })
	var current []Kept
	by := map[string]string{}
	for _, one := range kept {
		url := bgfetch.MatchURL(one.URL, false)
		if other, ok := by[url]; one.Dropped || ok && other != one.UniqueID {
			continue
		}
		by[url] = one.UniqueID
		current = append(current, one)
	}
	return current
}

// IsChosen says whether a query chooses a record of that background fetch, group and URL.
func IsChosen(query bgfetch.KeptQuery, uniqueID, group, url string) bool {
	return (query.UniqueID == "" || query.UniqueID == uniqueID) &&
		(query.Group == nil || *query.Group == group) &&
		(query.URL == "" || bgfetch.MatchURL(query.URL, query.IgnoreSearch) == bgfetch.MatchURL(url, query.IgnoreSearch))
}
