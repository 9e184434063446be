package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// storeTimeout bounds each call of the store, with the store's own repetitions:
// databases have been seen that never answer, until a new connection is made.
const storeTimeout = time.Minute

// boundedStore is a store that is given up when it does not answer. Whether what it was
// asked for is stored nobody knows then, so the engine must not go on: the next one reads
// what is there.
type boundedStore struct {
	bgfetch.Store
	// giveUp is told why, once.
	giveUp func(error)
	once   sync.Once
	// lost is closed when it is given up, because of cause.
	lost  chan struct{}
	cause error
}

func newBoundedStore(store bgfetch.Store, giveUp func(error)) *boundedStore {
	return &boundedStore{Store: store, giveUp: giveUp, lost: make(chan struct{})}
}

// inTime returns what call returns, or an error if that takes too long. Then its context
// ends, so that it undoes what it still can, and no other call begins. What call sets is
// to be read only if there is no error.
func (s *boundedStore) inTime(ctx context.Context, call func(context.Context) error) error {
	select {
	case <-s.lost:
		return s.cause
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- call(ctx) }()
	late := time.NewTimer(storeTimeout)
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		s.once.Do(func() {
			s.cause = fmt.Errorf("the database did not answer within %v", storeTimeout)
			close(s.lost)
			s.giveUp(s.cause)
		})
	case <-s.lost:
	}
	return s.cause
}

func (s *boundedStore) Load(ctx context.Context) ([]bgfetch.Stored, error) {
	var stored []bgfetch.Stored
	if err := s.inTime(ctx, func(ctx context.Context) (err error) {
		stored, err = s.Store.Load(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	return stored, nil
}

func (s *boundedStore) Create(ctx context.Context, state bgfetch.FetchState, requests []bgfetch.Request, begun ...bgfetch.Begun) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.Create(ctx, state, requests, begun...) })
}

func (s *boundedStore) Leave(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, remains *bgfetch.Remains) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.Leave(ctx, uniqueID, index, record, remains) })
}

func (s *boundedStore) Remains(ctx context.Context) ([]*bgfetch.Remains, error) {
	var remains []*bgfetch.Remains
	if err := s.inTime(ctx, func(ctx context.Context) (err error) {
		remains, err = s.Store.Remains(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	return remains, nil
}

func (s *boundedStore) DeleteRemains(ctx context.Context, places ...bgfetch.Place) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.DeleteRemains(ctx, places...) })
}

func (s *boundedStore) PutStates(ctx context.Context, states ...bgfetch.FetchState) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.PutStates(ctx, states...) })
}

func (s *boundedStore) PutRequests(ctx context.Context, uniqueID string, requests []bgfetch.Request) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.PutRequests(ctx, uniqueID, requests) })
}

func (s *boundedStore) PutRecord(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, added ...bgfetch.Segment) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.PutRecord(ctx, uniqueID, index, record, added...) })
}

func (s *boundedStore) DropSegments(ctx context.Context, uniqueID string, index, generation int, lost []bgfetch.Segment) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.DropSegments(ctx, uniqueID, index, generation, lost) })
}

func (s *boundedStore) Delete(ctx context.Context, uniqueID string, ended *bgfetch.Ended) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.Delete(ctx, uniqueID, ended) })
}

func (s *boundedStore) Keep(ctx context.Context, state bgfetch.FetchState, ended bgfetch.Ended) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.Keep(ctx, state, ended) })
}

func (s *boundedStore) History(ctx context.Context) ([]bgfetch.Ended, error) {
	var history []bgfetch.Ended
	if err := s.inTime(ctx, func(ctx context.Context) (err error) {
		history, err = s.Store.History(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	return history, nil
}

func (s *boundedStore) DeleteHistory(ctx context.Context, numbers ...int64) error {
	return s.inTime(ctx, func(ctx context.Context) error { return s.Store.DeleteHistory(ctx, numbers...) })
}

func (s *boundedStore) PutLog(ctx context.Context, run bgfetch.LogRun) (int64, error) {
	var number int64
	if err := s.inTime(ctx, func(ctx context.Context) (err error) {
		number, err = s.Store.PutLog(ctx, run)
		return err
	}); err != nil {
		return 0, err
	}
	return number, nil
}

func (s *boundedStore) Log(ctx context.Context) ([]bgfetch.LogRun, error) {
	var runs []bgfetch.LogRun
	if err := s.inTime(ctx, func(ctx context.Context) (err error) {
		runs, err = s.Store.Log(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	return runs, nil
}

// storageError turns an error of Store or Bodies into what fetch() rejects with.
func storageError(what string, err error) error {
	if errors.Is(err, bgfetch.ErrQuota) {
		return bgfetch.Errorf(bgfetch.QuotaExceededError, "%s does not fit into this origin's storage", what)
	}
	return bgfetch.Errorf(bgfetch.TypeError, "%s cannot be stored: %v", what, err)
}
