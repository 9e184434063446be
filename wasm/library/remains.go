package library

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Remains are an addition to the standard: what is stored of a record that failed, and that a
// server could continue, outlives its background fetch, so that the next one for the same file
// begins with it. They take room that nobody asked for, so they are the first to go where room
// is needed.

// RemainsPolicy says which remains stay.
type RemainsPolicy struct {
	// Off: none do.
	Off bool
	// Age is for how long they do.
	Age time.Duration
	// MaxBytes bounds all of them together, MinBytes is the least that is worth a row, a cache
	// and a request for a range.
	MaxBytes, MinBytes int64
}

// DefaultRemains holds where the site says nothing.
var DefaultRemains = RemainsPolicy{Age: 7 * 24 * time.Hour, MaxBytes: bgfetch.MaxLength, MinBytes: 256 << 10}

// maxDays bounds how long remains may be asked to stay: ten years.
const maxDays = 3650

// With returns the policy with what the site wants otherwise. nil is for none at all. The
// error names a member that is out of range.
func (p RemainsPolicy) With(init *bgfetch.RemainsInit) (RemainsPolicy, error) {
	if init == nil {
		p.Off = true
		return p, nil
	}
	if days := init.Days; days != nil {
		if !(*days > 0 && *days <= maxDays) {
			return p, bgfetch.Errorf(bgfetch.TypeError, "remains.days is not between 0 and %d: %v", maxDays, *days)
		}
		p.Age = time.Duration(*days * 24 * float64(time.Hour))
	}
	if most := init.MaxBytes; most != nil {
		if *most < 0 || *most > bgfetch.MaxLength {
			return p, bgfetch.Errorf(bgfetch.TypeError, "remains.maxBytes is out of range: %d", *most)
		}
		p.MaxBytes = *most
	}
	return p, nil
}

// IsWorth says whether remains are large enough to stay, and small enough.
func (p RemainsPolicy) IsWorth(one *bgfetch.Remains) bool {
	size := one.Size()
	return !p.Off && size >= p.MinBytes && size <= p.MaxBytes
}

// Expires is when remains are deleted.
func (p RemainsPolicy) Expires(one *bgfetch.Remains) time.Time {
	return time.UnixMilli(one.Left).Add(p.Age)
}

// Surplus returns those that are to go: the expired ones, those of whose URL others were left
// later, and, the oldest first, what is above the limit of all.
func (p RemainsPolicy) Surplus(all []*bgfetch.Remains, now time.Time) []*bgfetch.Remains {
	var surplus []*bgfetch.Remains
	urls, total := map[string]bool{}, int64(0)
	for _, one := range NewestFirst(all) {
		url, size := bgfetch.MatchURL(one.URL, false), one.Size()
		if p.Off || urls[url] || total+size > p.MaxBytes || !now.Before(p.Expires(one)) {
			surplus = append(surplus, one)
			continue
		}
		urls[url] = true
		total += size
	}
	return surplus
}

// ForRoom returns those that go to make so many bytes of room, the oldest first: at least one
// where there are any.
func ForRoom(all []*bgfetch.Remains, bytes int64) []*bgfetch.Remains {
	all = NewestFirst(all)
	slices.Reverse(all)
	for i, one := range all {
		if bytes -= one.Size(); bytes <= 0 {
			return all[:i+1]
		}
	}
	return all
}

// NewestFirst returns them in the order in which they were left, the last first.
func NewestFirst(all []*bgfetch.Remains) []*bgfetch.Remains {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b *bgfetch.Remains) int {
		return cmp.Or(int(b.Left-a.Left), strings.Compare(a.UniqueID, b.UniqueID), a.Index-b.Index)
	})
	return all
}

// Assign returns the remains that each record of a new background fetch begins with, nil for none,
// of at most so many bytes: those of its URL, or else, since a URL that is signed anew is another one,
// of the record with the same index of a background fetch with the same id. Where the URL is another
// one there must be a validator. No record takes those of another's URL.
func Assign(all []*bgfetch.Remains, id string, requests []bgfetch.Request, room int64) []*bgfetch.Remains {
	assigned := make([]*bgfetch.Remains, len(requests))
	urls := make([]string, len(all))
	for j, one := range all {
		urls[j] = bgfetch.MatchURL(one.URL, false)
	}
	assign := func(i int, isOf func(j int, one *bgfetch.Remains) bool) {
		if !requests[i].IsSafe() || requests[i].HasRange() || assigned[i] != nil {
			return
		}
		var latest *bgfetch.Remains
		for j, one := range all {
			if isOf(j, one) && !slices.Contains(assigned, one) && (latest == nil || one.Left > latest.Left) {
				latest = one
			}
		}
		if latest != nil && latest.Size() <= room {
			assigned[i] = latest
			room -= latest.Size()
		}
	}
	if len(all) == 0 {
		return assigned
	}
	wanted := map[string]bool{}
	for i := range requests {
		url := bgfetch.MatchURL(requests[i].URL, false)
		wanted[url] = true
		assign(i, func(j int, _ *bgfetch.Remains) bool { return urls[j] == url })
	}
	for i := range requests {
		assign(i, func(j int, one *bgfetch.Remains) bool {
			validated := one.Response.ETag != "" || one.Response.LastModified != ""
			return validated && one.ID == id && one.Record == i && !wanted[urls[j]]
		})
	}
	return assigned
}

// Begin returns the state of a record for that URL that begins with remains.
func Begin(one *bgfetch.Remains, url string) bgfetch.RecordState {
	state := bgfetch.RecordState{Response: one.Response, Place: one.Place}
	data := &state.Response
	data.Segments = one.Segments
	if data.From == "" {
		data.From = one.URL
	}
	if bgfetch.MatchURL(one.URL, false) != bgfetch.MatchURL(url, false) {
		// Servers give files of the same size and time the same ETag.
		data.Compare = true
	}
	return state
}
