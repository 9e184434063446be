//go:build js && wasm

package idbstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hack-pad/safejs"

	"background-fetch-wasm/wasm/bgfetch"
)

// Create implements bgfetch.Store. It is an error if the unique id is in use.
func (s *Store) Create(ctx context.Context, state bgfetch.FetchState, requests []bgfetch.Request, begun ...bgfetch.Begun) error {
	stores := []string{fetchesStore, requestsStore, sequenceStore}
	if len(begun) > 0 {
		stores = append(stores, recordsStore, segmentsStore, remainsStore)
	}
	err := s.transact(ctx, stores, func(t *transaction) error {
		delete(s.known, state.UniqueID)
		sequence, err := t.nextSequence()
		if err != nil {
			return err
		}
		for _, one := range begun {
			put := &recordPut{uniqueID: state.UniqueID, index: one.Index, record: one.State, added: one.State.Response.Segments}
			if err := errors.Join(put.put(t), t.delete(remainsStore, placeKey(one.State.Place))); err != nil {
				return err
			}
		}
		return errors.Join(
			t.add(fetchesStore, state.UniqueID, state),
			t.add(requestsStore, state.UniqueID, requestsRow{state.UniqueID, sequence, requests}),
		)
	})
	return wrap(err, "create %q", state.UniqueID)
}

// nextSequence returns numbers that grow from transaction to transaction.
func (t *transaction) nextSequence() (int64, error) {
	number, err := t.nextNumber(sequenceStore)
	if err != nil {
		return 0, err
	}
	// The generator of keys does not go back when the row goes.
	return number, t.delete(sequenceStore, number)
}

// PutStates implements bgfetch.Store. The error is bgfetch.ErrUnknown if one of the
// background fetches is not there.
func (s *Store) PutStates(ctx context.Context, states ...bgfetch.FetchState) error {
	err := s.transact(ctx, []string{fetchesStore}, func(t *transaction) error {
		for _, state := range states {
			if err := s.require(t, state.UniqueID); err != nil {
				return err
			}
			if err := t.put(fetchesStore, state.UniqueID, state); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "put the states of %d background fetches", len(states))
}

// PutRequests implements bgfetch.Store.
func (s *Store) PutRequests(ctx context.Context, uniqueID string, requests []bgfetch.Request) error {
	err := s.transactOn(ctx, uniqueID, []string{fetchesStore, requestsStore}, func(t *transaction) error {
		row, err := t.requestsOf(uniqueID)
		if err != nil {
			return err
		}
		row.Requests = requests
		return t.put(requestsStore, uniqueID, row)
	})
	return wrap(err, "put the requests of %q", uniqueID)
}

func (t *transaction) requestsOf(uniqueID string) (row requestsRow, err error) {
	result, err := t.ask(requestsStore, "get", uniqueID)
	if err != nil {
		return row, err
	}
	if result.Type() != safejs.TypeString { // it was deleted behind our back
		return row, bgfetch.ErrUnknown
	}
	text, err := result.String()
	if err != nil {
		return row, err
	}
	return row, json.Unmarshal([]byte(text), &row)
}

// DropSegments implements bgfetch.Store.
func (s *Store) DropSegments(ctx context.Context, uniqueID string, index, generation int, lost []bgfetch.Segment) error {
	err := s.transact(ctx, []string{segmentsStore}, func(t *transaction) error {
		for _, segment := range lost {
			if err := t.delete(segmentsStore, key(uniqueID, index, generation, segment.Offset)); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "drop segments of record %d of %q", index, uniqueID)
}

// Delete implements bgfetch.Store.
func (s *Store) Delete(ctx context.Context, uniqueID string, ended *bgfetch.Ended) error {
	stores := []string{fetchesStore, requestsStore, recordsStore, segmentsStore, historyStore}
	err := s.transact(ctx, stores, func(t *transaction) error {
		err := t.require(uniqueID)
		unknown := errors.Is(err, bgfetch.ErrUnknown)
		if err != nil && !unknown {
			return err
		}
		if ended != nil && !unknown {
			if err := t.addEnded(*ended); err != nil {
				return err
			}
		}
		s.known[uniqueID] = false
		return errors.Join(
			t.delete(fetchesStore, uniqueID),
			t.delete(requestsStore, uniqueID),
			t.deleteBelow(recordsStore, uniqueID),
			t.deleteBelow(segmentsStore, uniqueID),
		)
	})
	return wrap(err, "delete %q", uniqueID)
}

// Keep implements bgfetch.Store.
func (s *Store) Keep(ctx context.Context, state bgfetch.FetchState, ended bgfetch.Ended) error {
	err := s.transactOn(ctx, state.UniqueID, []string{fetchesStore, historyStore}, func(t *transaction) error {
		if err := t.put(fetchesStore, state.UniqueID, state); err != nil {
			return err
		}
		return t.addEnded(ended)
	})
	return wrap(err, "keep %q", state.UniqueID)
}

// deleteBelow deletes the rows whose keys are longer and begin with these parts.
func (t *transaction) deleteBelow(storeName string, parts ...any) error {
	keys, err := between(key(parts...), key(append(parts, afterAll)...))
	if err != nil {
		return err
	}
	return t.deleteRange(storeName, keys)
}

// wrap says what failed, if anything did.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
