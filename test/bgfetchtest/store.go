package bgfetchtest

import (
	"context"
	"slices"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

// T is what a case needs of a test. A *testing.T is one; Fatalf ends the
// goroutine that called it.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// OpenStore opens the store under test. The first call gives an empty store,
// every later one a store over the same data, as after a restart; the store
// before it is then no longer used.
type OpenStore func(t T) bgfetch.Store

// StoreCase is a case of the conformance suite.
type StoreCase struct {
	Name string
	// Run has its data for itself: open belongs to this run.
	Run func(t T, open OpenStore)
}

// StoreCases returns the conformance suite of bgfetch.Store.
func StoreCases() []StoreCase {
	return slices.Concat(storeFetchCases, storeRecordCases, storeRemainsCases, storeHistoryCases, storeScaleCases)
}

// StoreSuite runs the conformance suite. It calls newStore once for each case.
func StoreSuite(t *testing.T, newStore func() OpenStore) {
	t.Helper()
	for _, c := range StoreCases() {
		t.Run(c.Name, func(t *testing.T) { c.Run(t, newStore()) })
	}
}

// The helpers below end the case where the store fails.

func load(t T, store bgfetch.Store) []bgfetch.Stored {
	t.Helper()
	all, err := store.Load(context.Background())
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return all
}

// loadOne loads the store's only background fetch.
func loadOne(t T, store bgfetch.Store) bgfetch.Stored {
	t.Helper()
	all := load(t, store)
	if len(all) != 1 {
		t.Fatalf("Load: got %d background fetches, want 1", len(all))
	}
	return all[0]
}

func create(t T, store bgfetch.Store, state bgfetch.FetchState, requests ...bgfetch.Request) {
	t.Helper()
	if err := store.Create(context.Background(), state, requests); err != nil {
		t.Fatalf("Create %q: %v", state.UniqueID, err)
	}
}

func putRecord(t T, store bgfetch.Store, uniqueID string, index int, record bgfetch.RecordState, added ...bgfetch.Segment) {
	t.Helper()
	if err := store.PutRecord(context.Background(), uniqueID, index, record, added...); err != nil {
		t.Fatalf("PutRecord %q %d: %v", uniqueID, index, err)
	}
}

func uniqueIDs(all []bgfetch.Stored) []string {
	ids := make([]string, len(all))
	for i, stored := range all {
		ids[i] = stored.State.UniqueID
	}
	return ids
}

func wantSegments(t T, got bgfetch.RecordState, want ...bgfetch.Segment) {
	t.Helper()
	if !slices.Equal(got.Response.Segments, want) {
		t.Errorf("segments: got %v, want %v", got.Response.Segments, want)
	}
}
