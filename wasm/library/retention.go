package library

import (
	"cmp"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Of what is kept some goes without having been asked for: what has expired, and where there is
// a bound or room is needed, what was read longest ago. What is pinned, or was read within
// the last minute, stays.

// inUse is for how long a record that was read counts as being read: a reader asks where its
// bytes are only now and then.
const inUse = time.Minute

// IsInUse says whether its closing event is not over, or it was read so recently that somebody
// may still be at it.
func (k Kept) IsInUse(now time.Time) bool {
	return k.Delivering || k.ReadAt > 0 && now.Sub(time.UnixMilli(k.ReadAt)) < inUse
}

// Expired returns those that are to go because their time is over.
func Expired(current []Kept, now time.Time) []Kept {
	return slices.DeleteFunc(slices.Clone(current), func(k Kept) bool { return !k.IsExpired(now) || k.IsInUse(now) })
}

// Evictable returns those that may go for want of room, those that were read longest ago first.
func Evictable(current []Kept, now time.Time) []Kept {
	may := slices.DeleteFunc(slices.Clone(current), func(k Kept) bool { return k.Pinned || k.IsInUse(now) })
	slices.SortStableFunc(may, func(a, b Kept) int {
		return cmp.Or(cmp.Compare(a.LastUsed(), b.LastUsed()), cmp.Compare(a.UniqueID, b.UniqueID), a.Index-b.Index)
	})
	return may
}

// Above returns those that are to go so that all together, but for what is pinned, are no more
// bytes than the limit. What was kept last stays, even if it is more by itself: who kept it
// was just told that it is there.
func Above(current []Kept, limit int64, now time.Time) []Kept {
	last := int64(0)
	for _, k := range current {
		last = max(last, k.KeptAt)
	}
	may := slices.DeleteFunc(Evictable(current, now), func(k Kept) bool { return k.KeptAt == last })
	return first(may, unpinned(current)-limit)
}

// IsAbove says whether all together are more than that although something could go later: what
// is being read.
func IsAbove(current []Kept, limit int64, now time.Time) bool {
	used := slices.ContainsFunc(current, func(k Kept) bool { return !k.Pinned && k.IsInUse(now) })
	return used && unpinned(current) > limit
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
func ForKeptRoom(current []Kept, bytes int64, now time.Time) []Kept {
	return first(Evictable(current, now), max(bytes, 1))
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

// NextChange is when something expires next of what has not; not ok: nothing does.
func NextChange(current []Kept, now time.Time) (next time.Time, ok bool) {
	for _, k := range current {
		at := time.UnixMilli(k.Expires)
		if k.IsExpired(now) {
			at = time.UnixMilli(k.ReadAt).Add(inUse) // it waited for its reader
		}
		if k.Expires > 0 && (!ok || at.Before(next)) {
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
