package engine_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// fullStore has no room for a row while bodies take *limit bytes, as in a browser with
// one quota for the Cache API and IndexedDB. What only deletes succeeds.
type fullStore struct {
	bgfetch.Store
	bodies *bgfetchtest.MemoryBodies
	limit  *int64
}

// runFull is run with such a store.
func runFull(t *testing.T, limit int64, test func(w *world, limit *int64)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.wrap = func(store bgfetch.Store) bgfetch.Store { return &fullStore{store, w.bodies, &limit} }
		w.start()
		test(w, &limit)
		w.kill()
	})
}

func (s *fullStore) room() error {
	if s.bodies.Used() >= atomic.LoadInt64(s.limit) {
		return bgfetch.ErrQuota
	}
	return nil
}

func (s *fullStore) PutStates(ctx context.Context, states ...bgfetch.FetchState) error {
	if err := s.room(); err != nil {
		return err
	}
	return s.Store.PutStates(ctx, states...)
}

func (s *fullStore) PutRecord(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, added ...bgfetch.Segment) error {
	if err := s.room(); err != nil {
		return err
	}
	return s.Store.PutRecord(ctx, uniqueID, index, record, added...)
}

func (s *fullStore) Delete(ctx context.Context, uniqueID string, ended *bgfetch.Ended) error {
	if err := s.room(); err != nil && ended != nil {
		return err
	}
	return s.Store.Delete(ctx, uniqueID, ended)
}

func (s *fullStore) Leave(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, remains *bgfetch.Remains) error {
	if err := s.room(); err != nil {
		return err
	}
	return s.Store.Leave(ctx, uniqueID, index, record, remains)
}

func (s *fullStore) PutLog(ctx context.Context, run bgfetch.LogRun) (int64, error) {
	if err := s.room(); err != nil {
		return run.Number, err
	}
	return s.Store.PutLog(ctx, run)
}

// TestNoRoomForRows: a download that fills the storage to its last byte fails, and gives up what it
// takes to store that. The next one goes on with the rest.
func TestNoRoomForRows(t *testing.T) {
	runFull(t, 2*mib, func(w *world, limit *int64) {
		body := w.serve(siteA, 4*mib, func(r *bgfetchtest.Resource) { r.Rate, r.ETag = mib, `"v1"` })
		w.fetch("large", siteA)
		time.Sleep(time.Minute)
		w.wantFailure("large", bgfetch.ReasonQuotaExceeded)
		w.wantNothingLeft()
		if ended := w.history(); len(ended) != 1 || ended[0].FailureReason != bgfetch.ReasonQuotaExceeded {
			t.Errorf("the history is %+v", ended)
		}
		w.kill()
		w.start()
		time.Sleep(time.Minute)
		if events := w.events.Dispatched(); len(events) != 1 {
			t.Errorf("the events are %+v", events)
		}
		left := w.engine.Remains()
		if len(left) != 1 || left[0].Size < mib {
			t.Fatalf("remains %+v", left)
		}
		atomic.StoreInt64(limit, 1<<40)
		w.fetch("again", siteA)
		time.Sleep(time.Minute)
		w.wantSuccess("again", body)
		if starts := w.ranges(); starts[len(starts)-1] != left[0].Size {
			t.Errorf("asked for from %d on, %d bytes were left", starts, left[0].Size)
		}
	})
}

// TestRoomForRowsComesLater: a browser frees the room of what did not fit some seconds later.
func TestRoomForRowsComesLater(t *testing.T) {
	runFull(t, 2*mib, func(w *world, limit *int64) {
		w.serve(siteA, 4*mib, func(r *bgfetchtest.Resource) { r.Rate = mib })
		w.fetch("large", siteA)
		time.Sleep(10 * time.Second)
		atomic.StoreInt64(limit, 1<<40)
		time.Sleep(time.Minute)
		w.wantFailure("large", bgfetch.ReasonQuotaExceeded)
		if left := w.engine.Remains(); len(left) != 1 || left[0].Size < 2*mib-100_000 {
			t.Errorf("remains %+v", left)
		}
	})
}

// TestRowsThatCannotBeStored: what was stored before the database failed stays for another try.
func TestRowsThatCannotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		broken := &brokenStore{}
		w.wrap = func(store bgfetch.Store) bgfetch.Store { broken.Store = store; return broken }
		w.start()
		w.serve(siteA, 8*mib, func(r *bgfetchtest.Resource) { r.Rate = mib })
		w.fetch("f", siteA)
		time.Sleep(4 * time.Second)
		broken.is.Store(true)
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonFetchError)
		if left := w.engine.Remains(); len(left) != 1 || left[0].Size < 2*mib {
			t.Errorf("remains %+v", left)
		}
		w.kill()
	})
}

// brokenStore stores no records of downloads any more.
type brokenStore struct {
	bgfetch.Store
	is atomic.Bool
}

func (s *brokenStore) PutRecord(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, added ...bgfetch.Segment) error {
	if s.is.Load() {
		return errors.New("the disk is broken")
	}
	return s.Store.PutRecord(ctx, uniqueID, index, record, added...)
}

// TestKeptDeletedWithoutRoom: the storage that kept records fill can be made free again.
func TestKeptDeletedWithoutRoom(t *testing.T) {
	for name, query := range map[string]bgfetch.KeptQuery{"all": {}, "one": {URL: siteA}} {
		t.Run(name, func(t *testing.T) {
			runFull(t, 1<<40, func(w *world, limit *int64) {
				w.serve(siteA, mib)
				w.serve(siteB, mib)
				init := fetchInit("album", siteA, siteB)
				init.Keep = true
				if _, err := w.engine.Fetch(context.Background(), init); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				atomic.StoreInt64(limit, mib+1) // nothing can be written while both are there
				deleted, err := w.engine.DeleteKept(context.Background(), query)
				if err != nil || deleted == 0 {
					t.Errorf("DeleteKept: %d, %v", deleted, err)
				}
				if used := w.bodies.Used(); used != int64(2-deleted)*mib {
					t.Errorf("%d bytes are left", used)
				}
				w.kill()
				w.start()
				if kept := w.engine.Kept(query); len(kept) != 0 {
					t.Errorf("after a start there are %+v", kept)
				}
			})
		})
	}
}
