//go:build js && wasm

package idbstore

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/hack-pad/go-indexeddb/idb"
	"github.com/hack-pad/safejs"

	"background-fetch-wasm/wasm/bgfetch"
)

// transaction is what the steps of one transaction are made with.
type transaction struct {
	ctx context.Context
	txn *idb.Transaction
	// aborted is why we aborted it, or nil.
	aborted error
	// finished gets the outcome. An abort of ours may come as nil.
	finished chan error
}

// Browsers fail transactions for reasons of their own: a storage process that
// crashed, a disk that did not answer. What fails is tried again, so often and after
// so long; and a connection that the browser closed meanwhile is made anew.
const (
	tries      = 3
	retryDelay = 300 * time.Millisecond
)

// transact runs steps in a transaction over the named object stores and waits
// until it has completed. When it returns an error, nothing has changed. The steps
// may be run more than once.
func (s *Store) transact(ctx context.Context, stores []string, steps func(*transaction) error) error {
	for try := 1; ; try++ {
		db := s.db
		err := s.try(ctx, stores, steps)
		final := err == nil || try == tries || s.ended || ctx.Err() != nil
		if final || errors.Is(err, bgfetch.ErrQuota) || errors.Is(err, bgfetch.ErrUnknown) {
			return err
		}
		select {
		case <-time.After(time.Duration(try) * retryDelay):
		case <-ctx.Done():
			return err
		}
		if thrownName(err) == "InvalidStateError" {
			if failed := s.reconnect(ctx, db); failed != nil {
				return errors.Join(err, failed)
			}
		}
	}
}

// try is one transaction.
//
// The steps issue requests, mostly without awaiting them: the outcome of the
// transaction is theirs too. An error of steps aborts the transaction. When ctx
// ends, the transaction is aborted, unless it is too late for that.
func (s *Store) try(ctx context.Context, stores []string, steps func(*transaction) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	txn, err := s.db.Transaction(idb.TransactionReadWrite, stores[0], stores[1:]...)
	if err != nil {
		return portError(err)
	}
	// The library learns of the end of a transaction only when it listens before.
	// Its own context must not end, for then it would not tell the outcome.
	t := &transaction{ctx: ctx, txn: txn, finished: make(chan error, 1)}
	go func() { t.finished <- txn.Await(context.Background()) }()

	// It commits itself when the requests are done. With a commit() of ours WebKit does not end it
	// when the worker is stopped meanwhile, and it blocks its object stores for ever.
	if err := steps(t); err != nil {
		t.abort(err)
	}
	select {
	case err = <-t.finished:
	case <-ctx.Done():
		t.abort(ctx.Err())
		err = <-t.finished
	}
	if t.aborted != nil {
		return t.aborted
	}
	return portError(err)
}

// transactOn is transact for a background fetch that must be there. Otherwise
// the error is bgfetch.ErrUnknown: what comes late must not leave rows behind.
func (s *Store) transactOn(ctx context.Context, uniqueID string, stores []string, steps func(*transaction) error) error {
	return s.transact(ctx, stores, func(t *transaction) error {
		if err := s.require(t, uniqueID); err != nil {
			return err
		}
		return steps(t)
	})
}

// require asks for the background fetch where it is not known to be there. The error is
// bgfetch.ErrUnknown if it is not.
func (s *Store) require(t *transaction, uniqueID string) error {
	if s.known[uniqueID] {
		return nil
	}
	if err := t.require(uniqueID); err != nil {
		return err
	}
	if _, deleted := s.known[uniqueID]; !deleted {
		s.known[uniqueID] = true
	}
	return nil
}

// abort undoes everything. It does nothing when the transaction has ended.
func (t *transaction) abort(cause error) {
	if t.aborted == nil && t.txn.Abort() == nil {
		t.aborted = portError(cause)
	}
}

// add, put and delete leave the outcome of the request to the transaction. A key is
// a number, a string, or what the function key makes. A row is stored as its JSON text.

func (t *transaction) add(storeName string, key, row any) error {
	store, at, text, err := t.prepare(storeName, key, row)
	if err == nil {
		_, err = store.AddKey(safejs.Unsafe(at), safejs.Unsafe(text))
	}
	return err
}

func (t *transaction) put(storeName string, key, row any) error {
	store, at, text, err := t.prepare(storeName, key, row)
	if err == nil {
		_, err = store.PutKey(safejs.Unsafe(at), safejs.Unsafe(text))
	}
	return err
}

func (t *transaction) prepare(storeName string, key, row any) (store *idb.ObjectStore, at, text safejs.Value, err error) {
	encoded, err := json.Marshal(row)
	if err != nil {
		return nil, at, text, err
	}
	if at, err = safejs.ValueOf(key); err != nil {
		return nil, at, text, err
	}
	if text, err = safejs.ValueOf(string(encoded)); err != nil {
		return nil, at, text, err
	}
	store, err = t.txn.ObjectStore(storeName)
	return store, at, text, err
}

func (t *transaction) delete(storeName string, key any) error {
	at, err := safejs.ValueOf(key)
	if err != nil {
		return err
	}
	return t.deleteRange(storeName, at)
}

// deleteRange takes a range of keys, as between makes it.
func (t *transaction) deleteRange(storeName string, keys safejs.Value) error {
	store, err := t.txn.ObjectStore(storeName)
	if err == nil {
		_, err = store.Delete(safejs.Unsafe(keys))
	}
	return err
}

func (t *transaction) clear(storeName string) error {
	store, err := t.txn.ObjectStore(storeName)
	if err == nil {
		_, err = store.Clear()
	}
	return err
}

// await returns the result of a request of this transaction.
func (t *transaction) await(request *idb.Request) (safejs.Value, error) {
	result, err := request.Await(t.ctx)
	// The library returns undefined without an error when the context ends first.
	return safejs.Safe(result), errors.Join(t.ctx.Err(), err)
}

// require returns bgfetch.ErrUnknown unless the background fetch is there.
func (t *transaction) require(uniqueID string) error {
	fetches, err := t.txn.ObjectStore(fetchesStore)
	if err != nil {
		return err
	}
	key, err := safejs.ValueOf(uniqueID)
	if err != nil {
		return err
	}
	request, err := fetches.GetKey(safejs.Unsafe(key))
	if err != nil {
		return err
	}
	found, err := t.await(request)
	if err == nil && found.IsUndefined() {
		return bgfetch.ErrUnknown
	}
	return err
}
