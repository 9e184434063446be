// Package library has what outlives a background fetch: the history of those that are done
// with, which kept records answer for a URL, and the log.
package library

import (
	"context"
	"log"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"background-fetch-wasm/wasm/bgfetch"
)

// Past is what is remembered of a background fetch that is done with.
type Past struct {
	Member
	// AbortedBy is the name of the call that aborted it.
	AbortedBy string
	// removed: the user has removed it from what is stored.
	removed bool
}

// PastOf is what is remembered of one that is stored so.
func PastOf(ended bgfetch.Ended) Past {
	return Past{Member: Member{ended.Snapshot, ended.Total, ended.Created, ended.Ended}, AbortedBy: ended.AbortedBy}
}

// maxPast bounds the background fetches that are remembered when they are done with. The
// first of so many that were begun at once may be over before their pages hear an answer.
const maxPast = 1000

// History is the last background fetches that are done with: as they are stored, and, of
// some more, what instances in pages that slept and calls that are made again need to know.
type History struct {
	store bgfetch.Store
	// remembered is closed when those of earlier engines are among past.
	remembered chan struct{}

	mu sync.Mutex
	// past are the oldest first.
	past     []Past
	revision int64
}

// NewHistory makes the history of a store. Remember reads it.
func NewHistory(store bgfetch.Store) *History {
	return &History{store: store, remembered: make(chan struct{})}
}

// Add remembers one more.
func (h *History) Add(past Past) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(past)
}

// add is Add; h.mu is held.
func (h *History) add(past Past) {
	// Where its records were kept they are looked for first, and may be deleted later.
	past.RecordsAvailable, past.Kept = false, false
	if h.past = append(h.past, past); len(h.past) > maxPast {
		h.past = slices.Delete(h.past, 0, 1)
	}
}

// LookUp finds one that is done with.
func (h *History) LookUp(uniqueID string) (Past, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.past, func(past Past) bool { return past.UniqueID == uniqueID })
	if i < 0 {
		return Past{}, false
	}
	return h.past[i], true
}

// Members returns what is remembered, and still stored, of those that had a group.
func (h *History) Members() []Member {
	h.mu.Lock()
	defer h.mu.Unlock()
	var members []Member
	stored := 0
	for i := len(h.past) - 1; i >= 0 && stored < bgfetch.MaxHistory; i-- {
		if past := h.past[i]; !past.removed {
			stored++
			if past.Group != "" {
				members = append(members, past.Member)
			}
		}
	}
	return members
}

// WasAbortedBy says whether that call aborted one of the group.
func (h *History) WasAbortedBy(group, call string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.past, func(past Past) bool { return past.Group == group && past.AbortedBy == call })
}

// remove notes that they are not stored any more: that one, or all with "".
func (h *History) remove(uniqueID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.past {
		if past := &h.past[i]; uniqueID == "" || past.UniqueID == uniqueID {
			past.removed = true
		}
	}
}

// Remember takes over what earlier engines had done with.
func (h *History) Remember(ctx context.Context) {
	defer close(h.remembered)
	stored, err := h.store.History(ctx)
	if err != nil {
		if ctx.Err() == nil {
			log.Printf("the history could not be loaded: %v", err)
		}
		return
	}
	slices.Reverse(stored)
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.past
	h.past = nil
	for _, ended := range stored {
		h.add(PastOf(ended))
	}
	for _, past := range own {
		h.add(past)
	}
}

// Remembered is closed when Remember has done its work.
func (h *History) Remembered() <-chan struct{} { return h.remembered }

// Revision is a number that is another one after each change, also in another engine over
// the same store.
func (h *History) Revision() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.revision
}

// Changed makes the revision another one.
func (h *History) Changed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revision = max(h.revision+1, time.Now().UnixMicro())
}

// Stored returns what is stored, the last first.
func (h *History) Stored(ctx context.Context) ([]bgfetch.Ended, error) { return h.store.History(ctx) }

// With returns what is stored under the number, or bgfetch.ErrUnknown.
func (h *History) With(ctx context.Context, number int64) (bgfetch.Ended, error) {
	stored, err := h.store.History(ctx)
	if err != nil {
		return bgfetch.Ended{}, err
	}
	i := slices.IndexFunc(stored, func(ended bgfetch.Ended) bool { return ended.Number == number })
	if i < 0 {
		return bgfetch.Ended{}, bgfetch.ErrUnknown
	}
	return stored[i], nil
}

// Delete deletes what is stored under the number. The error is bgfetch.ErrUnknown where
// nothing is.
func (h *History) Delete(ctx context.Context, number int64) error {
	ended, err := h.With(ctx, number)
	if err != nil {
		return err
	}
	return h.Forget(ctx, ended)
}

// Forget is Delete where it may be gone already.
func (h *History) Forget(ctx context.Context, ended bgfetch.Ended) error {
	defer h.Changed()
	h.remove(ended.UniqueID)
	return h.store.DeleteHistory(ctx, ended.Number)
}

// Clear deletes all that is stored.
func (h *History) Clear(ctx context.Context) error {
	defer h.Changed()
	h.remove("")
	return h.store.DeleteHistory(ctx)
}

// Shorten cuts a text to so many bytes, and says so.
func Shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}
