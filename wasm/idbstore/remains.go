//go:build js && wasm

package idbstore

import (
	"context"
	"errors"

	"background-fetch-wasm/wasm/bgfetch"
)

func placeKey(p bgfetch.Place) []any { return key(p.UniqueID, p.Index) }

// Leave implements bgfetch.Store.
func (s *Store) Leave(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, remains *bgfetch.Remains) error {
	stores := []string{fetchesStore, recordsStore, segmentsStore, remainsStore}
	err := s.transactOn(ctx, uniqueID, stores, func(t *transaction) error {
		return errors.Join(
			t.put(recordsStore, key(uniqueID, index), recordRow{uniqueID, index, record}),
			t.deleteBelow(segmentsStore, uniqueID, index),
			t.put(remainsStore, placeKey(remains.Place), remains),
		)
	})
	return wrap(err, "leave remains of record %d of %q", index, uniqueID)
}

// Remains implements bgfetch.Store.
func (s *Store) Remains(ctx context.Context) ([]*bgfetch.Remains, error) {
	return readRows[*bgfetch.Remains](ctx, s, remainsStore)
}

// DeleteRemains implements bgfetch.Store.
func (s *Store) DeleteRemains(ctx context.Context, places ...bgfetch.Place) error {
	err := s.transact(ctx, []string{remainsStore}, func(t *transaction) error {
		for _, place := range places {
			if err := t.delete(remainsStore, placeKey(place)); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "delete remains")
}
