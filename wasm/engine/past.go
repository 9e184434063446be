package engine

import (
	"context"
	"log"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// pastFetch is what is remembered of a background fetch that is done with.
type pastFetch struct {
	bgfetch.Snapshot
	abortedBy string
}

// maxPast bounds the background fetches that are remembered when they are done with. The
// first of so many that were begun at once may be over before their pages hear an answer.
const maxPast = 1000

// addPast remembers one more. e.mu is held.
func (e *Engine) addPast(past pastFetch) {
	// Where its records were kept they are looked for first, and may be deleted later.
	past.RecordsAvailable, past.Kept = false, false
	if e.past = append(e.past, past); len(e.past) > maxPast {
		e.past = slices.Delete(e.past, 0, 1)
	}
}

// remember takes over from the history what earlier engines had done with.
func (e *Engine) remember(ctx context.Context) {
	defer close(e.remembered)
	history, err := e.Store.History(ctx)
	if err != nil {
		if ctx.Err() == nil {
			log.Printf("what is done with is not known: %v", err)
		}
		return
	}
	slices.Reverse(history)
	e.mu.Lock()
	defer e.mu.Unlock()
	own := e.past
	e.past = nil
	for _, ended := range history {
		e.addPast(pastFetch{ended.Snapshot, ended.AbortedBy})
	}
	for _, past := range own {
		e.addPast(past)
	}
}

// waitRemembered returns when remember has done its work.
func (e *Engine) waitRemembered(ctx context.Context) error {
	select {
	case <-e.remembered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.ctx.Done():
		return e.Err()
	}
}

// lookUpPast finds a background fetch that is done with. e.mu is held.
func (e *Engine) lookUpPast(uniqueID string) (pastFetch, bool) {
	i := slices.IndexFunc(e.past, func(past pastFetch) bool { return past.UniqueID == uniqueID })
	if i < 0 {
		return pastFetch{}, false
	}
	return e.past[i], true
}

// Snapshot returns the snapshot of a background fetch, settled or not, or
// ErrUnknown. Of those that are done with, the last are known.
func (e *Engine) Snapshot(uniqueID string) (bgfetch.Snapshot, error) {
	e.mu.Lock()
	f, err := e.lookUp(uniqueID)
	if err == nil {
		defer e.mu.Unlock()
		return f.snapshot(), nil
	}
	e.mu.Unlock()
	if err := e.waitRemembered(e.ctx); err != nil {
		return bgfetch.Snapshot{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if past, ok := e.lookUpPast(uniqueID); ok {
		return past.Snapshot, nil
	}
	return bgfetch.Snapshot{}, err
}
