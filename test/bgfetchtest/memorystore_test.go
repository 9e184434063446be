package bgfetchtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

func TestMemoryStore(t *testing.T) {
	bgfetchtest.StoreSuite(t, func() bgfetchtest.OpenStore {
		var store *bgfetchtest.MemoryStore
		return func(bgfetchtest.T) bgfetch.Store {
			if store == nil {
				store = bgfetchtest.NewMemoryStore()
			} else {
				store = store.Reopen()
			}
			return store
		}
	})
}

// writes creates n background fetches and returns how many of them succeeded.
func writes(t *testing.T, store bgfetch.Store, n int) int {
	t.Helper()
	for i := range n {
		err := store.Create(context.Background(), bgfetch.FetchState{UniqueID: fmt.Sprint(i)}, nil)
		if errors.Is(err, bgfetchtest.ErrKilled) {
			return i
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func count(t *testing.T, store bgfetch.Store) int {
	t.Helper()
	all, err := store.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestKillAfter(t *testing.T) {
	for n := range 4 {
		store := bgfetchtest.NewMemoryStore()
		store.KillAfter(n)
		if got := writes(t, store, 5); got != n {
			t.Errorf("KillAfter(%d): %d writes succeeded", n, got)
		}
		<-store.Killed()
		if _, err := store.Load(context.Background()); !errors.Is(err, bgfetchtest.ErrKilled) {
			t.Errorf("Load of a killed store: %v", err)
		}
		if got := count(t, store.Reopen()); got != n {
			t.Errorf("KillAfter(%d): %d writes survived", n, got)
		}
	}
}

func TestKillInside(t *testing.T) {
	store := bgfetchtest.NewMemoryStore()
	store.KillInside(3)
	if got := writes(t, store, 5); got != 2 {
		t.Errorf("%d writes succeeded, want 2", got)
	}
	reopened := store.Reopen()
	if got := count(t, reopened); got != 3 {
		t.Errorf("%d writes survived, want 3", got)
	}
	if got := reopened.Writes(); got != 3 {
		t.Errorf("Writes() is %d, want 3", got)
	}
}
