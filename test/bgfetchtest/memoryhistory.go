package bgfetchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// rows are JSON texts under numbers that grow.
type rows struct {
	last int64
	all  []numbered // in the order of their numbers
}

type numbered struct {
	number int64
	text   []byte
}

func (r *rows) next() int64 {
	r.last++
	return r.last
}

// put replaces a row, or adds it; of the numbers so far only the last limit stay.
func (r *rows) put(number int64, row any, limit int64) error {
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	r.delete(number)
	r.all = append(r.all, numbered{number, text})
	slices.SortFunc(r.all, func(a, b numbered) int { return cmp.Compare(a.number, b.number) })
	r.all = slices.DeleteFunc(r.all, func(n numbered) bool { return n.number <= r.last-limit })
	return nil
}

func (r *rows) delete(numbers ...int64) {
	r.all = slices.DeleteFunc(r.all, func(n numbered) bool { return slices.Contains(numbers, n.number) })
}

// decodeAll decodes all rows, in the order of their numbers.
func decodeAll[T any](r *rows) ([]T, error) {
	all := make([]T, len(r.all))
	for i, n := range r.all {
		if err := json.Unmarshal(n.text, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
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
	err = s.transact(ctx, func(data *memoryData) (err error) {
		history, err = decodeAll[bgfetch.Ended](&data.history)
		return err
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

// PutLog implements bgfetch.Store.
func (s *MemoryStore) PutLog(ctx context.Context, run bgfetch.LogRun) (int64, error) {
	err := s.write(ctx, func(data *memoryData) error {
		if run.Number == 0 {
			run.Number = data.log.next()
		}
		return data.log.put(run.Number, run, bgfetch.MaxLogRuns)
	})
	return run.Number, err
}

// Log implements bgfetch.Store.
func (s *MemoryStore) Log(ctx context.Context) (runs []bgfetch.LogRun, err error) {
	err = s.transact(ctx, func(data *memoryData) (err error) {
		runs, err = decodeAll[bgfetch.LogRun](&data.log)
		return err
	})
	return runs, err
}
