package library

import (
	"cmp"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Of what is kept some goes without having been asked for: what has expired, and where there is
// a bound or room is needed, what was read longest ago. What is pinned stays, and what a closing
// event's listener may still read. What is being read is known when the site is told.

// Expired returns those that are to go because their time is over.
func Expired(current []Kept, now time.Time) []Kept {
	return slices.DeleteFunc(slices.Clone(current), func(k Kept) bool { return !k.IsExpired(now) || k.Delivering })
}

// Evictable returns those that may go for want of room, those that were read longest ago first.
func Evictable(current []Kept) []Kept {
	may := slices.DeleteFunc(slices.Clone(current), func(k Kept) bool { return k.Pinned || k.Delivering })
	slices.SortStableFunc(may, func(a, b Kept) int {
		return cmp.Or(cmp.Compare(a.LastUsed(), b.LastUsed()), cmp.Compare(a.UniqueID, b.UniqueID), a.Index-b.Index)
	})
	return may
}

// Above returns those that are to go so that all together, but for what is pinned, are no more
// bytes than the limit. What was kept last stays, even if it is more by itself: who kept it
// was just told that it is there.
func Above(current []Kept, limit int64) []Kept {
	last := int64(0)
	for _, k := range current {
		last = max(last, k.KeptAt)
	}
	may := slices.DeleteFunc(Evictable(current), func(k Kept) bool { return k.KeptAt == last })
	return first(may, unpinned(current)-limit)
}

func unpinned(current []Kept) (bytes int64) {
	for _, k := range current {
		if !k.Pinned {
			bytes += k.Size
		}
	}
	return bytes
}

// ForKeptRoom returns those that go to make so many bytes of room: at least one where there are
// any.
func ForKeptRoom(current []Kept, bytes int64) []Kept {
	return first(Evictable(current), max(bytes, 1))
}

// first returns as many as have so many bytes.
func first(all []Kept, bytes int64) []Kept {
	for i, k := range all {
		if bytes <= 0 {
			return all[:i]
		}
		bytes -= k.Size
	}
	return all
}

// NextExpiry is when something expires next of what has not; not ok: nothing does.
func NextExpiry(current []Kept, now time.Time) (next time.Time, ok bool) {
	for _, k := range current {
		at := time.UnixMilli(k.Expires)
		if k.Expires > 0 && !k.IsExpired(now) && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	return next, ok
}

// Usage sums up what is kept.
func Usage(current []Kept) bgfetch.KeptUsage {
	usage := bgfetch.KeptUsage{Groups: map[string]int64{}}
	for _, k := range current {
		usage.Bytes += k.Size
		usage.Groups[k.Group] += k.Size
	}
	return usage
}
