//go:build js && wasm

package idbstore

import (
	"context"
	"encoding/json"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// History implements bgfetch.Store.
func (s *Store) History(ctx context.Context) ([]bgfetch.Ended, error) {
	history, err := readRows[bgfetch.Ended](ctx, s, historyStore)
	slices.Reverse(history)
	return history, err
}

// Log implements bgfetch.Store.
func (s *Store) Log(ctx context.Context) ([]bgfetch.LogRun, error) {
	return readRows[bgfetch.LogRun](ctx, s, logStore)
}

// DeleteHistory implements bgfetch.Store.
func (s *Store) DeleteHistory(ctx context.Context, numbers ...int64) error {
	err := s.transact(ctx, []string{historyStore}, func(t *transaction) error {
		if len(numbers) == 0 {
			return t.clear(historyStore)
		}
		for _, number := range numbers {
			if err := t.delete(historyStore, number); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "delete from the history")
}

// PutLog implements bgfetch.Store.
func (s *Store) PutLog(ctx context.Context, run bgfetch.LogRun) (int64, error) {
	err := s.transact(ctx, []string{logStore}, func(t *transaction) error {
		isNew := run.Number == 0
		if isNew {
			number, err := t.nextNumber(logStore)
			if err != nil {
				return err
			}
			run.Number = number
		}
		if err := t.put(logStore, run.Number, run); err != nil || !isNew {
			return err
		}
		return t.keepLast(logStore, run.Number, bgfetch.MaxLogRuns)
	})
	return run.Number, wrap(err, "put the log")
}

// addEnded adds a row to the history.
func (t *transaction) addEnded(ended bgfetch.Ended) error {
	number, err := t.nextNumber(historyStore)
	if err != nil {
		return err
	}
	ended.Number = number
	if err := t.put(historyStore, number, ended); err != nil {
		return err
	}
	return t.keepLast(historyStore, number, bgfetch.MaxHistory)
}

// nextNumber adds a row without a value, under a key that is larger than all
// there have been.
func (t *transaction) nextNumber(storeName string) (int64, error) {
	result, err := t.ask(storeName, "add", "")
	if err != nil {
		return 0, err
	}
	number, err := result.Float()
	return int64(number), err
}

// keepLast deletes the rows of all but the last n numbers.
func (t *transaction) keepLast(storeName string, last, n int64) error {
	if last <= n {
		return nil
	}
	old, err := between(0, last-n+1)
	if err != nil {
		return err
	}
	return t.deleteRange(storeName, old)
}

func readRows[T any](ctx context.Context, s *Store, storeName string) ([]T, error) {
	tables, err := s.readAll(ctx, storeName)
	if err != nil {
		return nil, wrap(portError(err), "read %s", storeName)
	}
	var all []T
	return all, wrap(json.Unmarshal(tables[0], &all), "read %s", storeName)
}
