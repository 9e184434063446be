package bgfetch

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// storeTimeout bounds each call of the store, with the store's own repetitions:
// databases have been seen that never answer, until a new connection is made.
const storeTimeout = time.Minute

// boundedStore is a store that is given up when it does not answer. Whether what it was
// asked for is stored nobody knows then, so the engine must not go on: the next one reads
// what is there.
type boundedStore struct {
	Store
	// giveUp is told why, once.
	giveUp func(error)
	once   sync.Once
	// lost is closed when it is given up, because of cause.
	lost  chan struct{}
	cause error
}

func newBoundedStore(store Store, giveUp func(error)) *boundedStore {
	return &boundedStore{Store: store, giveUp: giveUp, lost: make(chan struct{})}
}

// inTime returns what call returns, or an error if that takes too long. Then its context
// ends, so that it undoes what it still can, and no other call begins.
func inTime[T any](ctx context.Context, s *boundedStore, call func(context.Context) (T, error)) (value T, err error) {
	select {
	case <-s.lost:
		return value, s.cause
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	var result T
	var failed error
	go func() {
		defer close(done)
		result, failed = call(ctx)
	}()
	late := time.NewTimer(storeTimeout)
	defer late.Stop()
	select {
	case <-done:
		return result, failed
	case <-late.C:
		s.once.Do(func() {
			s.cause = fmt.Errorf("the database did not answer within %v", storeTimeout)
			close(s.lost)
			s.giveUp(s.cause)
		})
	case <-s.lost:
	}
	return value, s.cause
}

// doInTime is inTime for a call without a result.
func doInTime(ctx context.Context, s *boundedStore, call func(context.Context) error) error {
	_, err := inTime(ctx, s, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx) })
	return err
}

func (s *boundedStore) Load(ctx context.Context) ([]Stored, error) {
	return inTime(ctx, s, func(ctx context.Context) ([]Stored, error) { return s.Store.Load(ctx) })
}

func (s *boundedStore) Create(ctx context.Context, state FetchState, requests []Request) error {
	return doInTime(ctx, s, func(ctx context.Context) error { return s.Store.Create(ctx, state, requests) })
}

func (s *boundedStore) PutState(ctx context.Context, state FetchState) error {
	return doInTime(ctx, s, func(ctx context.Context) error { return s.Store.PutState(ctx, state) })
}

func (s *boundedStore) PutRecord(ctx context.Context, uniqueID string, index int, record RecordState, added ...Segment) error {
	return doInTime(ctx, s, func(ctx context.Context) error { return s.Store.PutRecord(ctx, uniqueID, index, record, added...) })
}

func (s *boundedStore) DropSegments(ctx context.Context, uniqueID string, index, generation int, lost []Segment) error {
	return doInTime(ctx, s, func(ctx context.Context) error { return s.Store.DropSegments(ctx, uniqueID, index, generation, lost) })
}

func (s *boundedStore) Delete(ctx context.Context, uniqueID string, ended *Ended) error {
	return doInTime(ctx, s, func(ctx context.Context) error { return s.Store.Delete(ctx, uniqueID, ended) })
}

func (s *boundedStore) Keep(ctx context.Context, state FetchState, ended Ended) error {
	return doInTime(ctx, s, func(ctx context.Context) error { return s.Store.Keep(ctx, state, ended) })
}

func (s *boundedStore) History(ctx context.Context) ([]Ended, error) {
	return inTime(ctx, s, func(ctx context.Context) ([]Ended, error) { return s.Store.History(ctx) })
}

func (s *boundedStore) DeleteHistory(ctx context.Context, numbers ...int64) error {
	return doInTime(ctx, s, func(ctx context.Context) error { return s.Store.DeleteHistory(ctx, numbers...) })
}

func (s *boundedStore) PutLog(ctx context.Context, run LogRun) (int64, error) {
	return inTime(ctx, s, func(ctx context.Context) (int64, error) { return s.Store.PutLog(ctx, run) })
}

func (s *boundedStore) Log(ctx context.Context) ([]LogRun, error) {
	return inTime(ctx, s, func(ctx context.Context) ([]LogRun, error) { return s.Store.Log(ctx) })
}
