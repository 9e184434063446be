package bgfetch

import "time"

// Retention says how long the records of a background fetch that is kept stay, an addition to
// the standard. Its zero value is for ever, or until there are too many.
type Retention struct {
	// Group is the site's name for what belongs together, or "". By default it is that of the
	// background fetch.
	Group string `json:"group,omitempty"`
	// Expires is when they are deleted, in ms since 1970; 0: never.
	Expires int64 `json:"expires,omitempty"`
	// Pinned: they are never deleted for want of room.
	Pinned bool `json:"pinned,omitempty"`
}

// Check refuses what cannot be asked for at that time.
func (r Retention) Check(now time.Time) error {
	if r.Expires < 0 || r.Expires > 0 && r.Expires <= now.UnixMilli() {
		return Errorf(TypeError, "options.keep.expires is in the past: %s", time.UnixMilli(r.Expires).UTC().Format(time.RFC3339))
	}
	if r.Group != "" {
		return CheckGroup(r.Group, "options.keep.group")
	}
	return nil
}

// IsExpired says whether they are to be deleted by then.
func (r Retention) IsExpired(now time.Time) bool {
	return r.Expires > 0 && r.Expires <= now.UnixMilli()
}

// KeepMax bounds what is kept of all background fetches together, but for what is pinned. nil
// members are no bound.
type KeepMax struct {
	// Bytes is a number of bytes.
	Bytes *int64 `json:"bytes,omitempty"`
	// Share is a part of the quota, between 0 and 1.
	Share *float64 `json:"share,omitempty"`
}

// Check refuses what is no bound under that quota, which is 0 where it is not known.
func (k KeepMax) Check(quota int64) error {
	switch {
	case k.Bytes != nil && (*k.Bytes < 0 || *k.Bytes > MaxLength):
		return Errorf(TypeError, "keepMax is out of range: %d", *k.Bytes)
	case k.Share != nil && !(*k.Share > 0 && *k.Share <= 1):
		return Errorf(TypeError, "keepMax is no share of the quota: %v", *k.Share)
	case k.Bytes != nil && quota > 0 && *k.Bytes > quota:
		return Errorf(TypeError, "keepMax is larger than the quota: %d bytes, of %d", *k.Bytes, quota)
	}
	return nil
}

// Limit is the bound in bytes; not ok: there is none, or the quota is not known.
func (k KeepMax) Limit(quota int64) (bytes int64, ok bool) {
	switch {
	case k.Bytes != nil:
		return *k.Bytes, true
	case k.Share != nil && quota > 0:
		return int64(*k.Share * float64(quota)), true
	}
	return 0, false
}

// Room says what a background fetch may take the room of, beside remains and what is expired.
type Room string

const (
	// RoomFree: nothing else.
	RoomFree Room = "free"
	// RoomEvict: of what is kept and not pinned.
	RoomEvict Room = "evict"
)

// Check refuses what is none of the values.
func (r Room) Check() error {
	if r != "" && r != RoomFree && r != RoomEvict {
		return Errorf(TypeError, "options.room must be 'free' or 'evict', not %.80q", string(r))
	}
	return nil
}

// KeptUsage is how many bytes are kept.
type KeptUsage struct {
	Bytes int64 `json:"bytes"`
	// Groups has those of each group; what is in none is under "".
	Groups map[string]int64 `json:"groups"`
}
