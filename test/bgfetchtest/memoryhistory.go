package bgfetchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// rows lie under numbers that grow.
type rows[T any] struct {
	last int64
	all  []numbered[T] // in the order of their numbers
}

type numbered[T any] struct {
	number int64
	row    T
}

func (r *rows[T]) next() int64 {
	r.last++
	return r.last
}

// put replaces a row, or adds it; of the numbers so far only the last limit stay.
func (r *rows[T]) put(number int64, row T, limit int64) {
	r.delete(number)
	r.all = append(r.all, numbered[T]{number, row})
	slices.SortFunc(r.all, func(a, b numbered[T]) int { return cmp.Compare(a.number, b.number) })
	r.all = slices.DeleteFunc(r.all, func(n numbered[T]) bool { return n.number <= r.last-limit })
}

func (r *rows[T]) delete(numbers ...int64) {
	r.all = slices.DeleteFunc(r.all, func(n numbered[T]) bool { return slices.Contains(numbers, n.number) })
}

// transact runs a transaction, alone. One that writes is run by write.
func (s *MemoryStore) transact(ctx context.Context, transaction func(*memoryData) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	s.data.mu.Lock()
	defer s.data.mu.Unlock()
	return transaction(s.data)
}

// History implements bgfetch.Store.
func (s *MemoryStore) History(ctx context.Context) (history []bgfetch.Ended, err error) {
	err = s.transact(ctx, func(data *memoryData) error {
		history = make([]bgfetch.Ended, len(data.history.all))
		for i, text := range data.history.all {
			if err := json.Unmarshal(text.row, &history[i]); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Reverse(history)
	return history, err
}

// DeleteHistory implements bgfetch.Store.
func (s *MemoryStore) DeleteHistory(ctx context.Context, numbers ...int64) error {
	return s.write(ctx, func(data *memoryData) error {
		if len(numbers) == 0 {
			data.history.all = nil
		}
		data.history.delete(numbers...)
		return nil
	})
}

// PutLog implements bgfetch.Store. It is called after every try of a week: nothing becomes JSON here.
func (s *MemoryStore) PutLog(ctx context.Context, run bgfetch.LogRun) (int64, error) {
	err := s.write(ctx, func(data *memoryData) error {
		if run.Number == 0 {
			run.Number = data.log.next()
		}
		data.log.put(run.Number, cloneRun(run), bgfetch.MaxLogRuns)
		return nil
	})
	return run.Number, err
}

// Log implements bgfetch.Store.
func (s *MemoryStore) Log(ctx context.Context) (runs []bgfetch.LogRun, err error) {
	err = s.transact(ctx, func(data *memoryData) error {
		for _, run := range data.log.all {
			runs = append(runs, cloneRun(run.row))
		}
		return nil
	})
	return runs, err
}

func cloneRun(run bgfetch.LogRun) bgfetch.LogRun {
	run.Entries = slices.Clone(run.Entries)
	return run
}
