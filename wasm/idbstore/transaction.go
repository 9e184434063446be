//go:build js && wasm

package idbstore

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/hack-pad/safejs"

	"background-fetch-wasm/wasm/bgfetch"
)

// transaction is what the steps of one transaction are made with.
type transaction struct {
	ctx context.Context
	txn safejs.Value
	// stores are its object stores that were asked for, by name.
	stores map[string]safejs.Value
	// aborted is why we aborted it, or nil.
	aborted error
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
	txn, err := s.raw.Call("transaction", texts(stores), "readwrite")
	if err != nil {
		return portError(err)
	}
	ended, release, err := listen(txn, "complete", "abort")
	if err != nil {
		return err
	}
	defer release()
	t := &transaction{ctx: ctx, txn: txn, stores: make(map[string]safejs.Value, len(stores))}

	// It commits itself when the requests are done. With a commit() of ours WebKit does not end it
	// when the worker is stopped meanwhile, and it blocks its object stores for ever.
	if err := steps(t); err != nil {
		t.abort(err)
	}
	var event string
	select {
	case event = <-ended:
	case <-ctx.Done():
		t.abort(ctx.Err())
		event = <-ended
	}
	switch {
	case t.aborted != nil:
		return t.aborted
	case event == "abort":
		return portError(failure(txn))
	}
	return nil
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
	if t.aborted != nil {
		return
	}
	if _, err := t.txn.Call("abort"); err == nil {
		t.aborted = portError(cause)
	}
}

// store returns an object store of the transaction.
func (t *transaction) store(name string) (safejs.Value, error) {
	if store, ok := t.stores[name]; ok {
		return store, nil
	}
	store, err := t.txn.Call("objectStore", name)
	if err == nil {
		t.stores[name] = store
	}
	return store, err
}

// add, put and delete leave the outcome of the request to the transaction. A key is
// a number, a string, or what the function key makes. A row is stored as its JSON text.

func (t *transaction) add(storeName string, key, row any) error {
	return t.write("add", storeName, key, row)
}

func (t *transaction) put(storeName string, key, row any) error {
	return t.write("put", storeName, key, row)
}

func (t *transaction) write(method, storeName string, key, row any) error {
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	at, err := keyValue(key)
	if err != nil {
		return err
	}
	store, err := t.store(storeName)
	if err == nil {
		_, err = store.Call(method, string(text), at)
	}
	return err
}

func (t *transaction) delete(storeName string, key any) error {
	at, err := keyValue(key)
	if err != nil {
		return err
	}
	return t.deleteRange(storeName, at)
}

// deleteRange takes a range of keys, as between makes it.
func (t *transaction) deleteRange(storeName string, keys safejs.Value) error {
	store, err := t.store(storeName)
	if err == nil {
		_, err = store.Call("delete", keys)
	}
	return err
}

func (t *transaction) clear(storeName string) error {
	store, err := t.store(storeName)
	if err == nil {
		_, err = store.Call("clear")
	}
	return err
}

// ask makes a request and returns its result.
func (t *transaction) ask(storeName, method string, arg any) (result safejs.Value, err error) {
	store, err := t.store(storeName)
	if err != nil {
		return result, err
	}
	request, err := store.Call(method, arg)
	if err != nil {
		return result, err
	}
	ended, release, err := listen(request, "success", "error")
	if err != nil {
		return result, err
	}
	defer release()
	select {
	case event := <-ended:
		if event == "error" {
			return result, failure(request)
		}
		return request.Get("result")
	case <-t.ctx.Done():
		return result, t.ctx.Err()
	}
}

// require returns bgfetch.ErrUnknown unless the background fetch is there.
func (t *transaction) require(uniqueID string) error {
	found, err := t.ask(fetchesStore, "getKey", uniqueID)
	if err == nil && found.IsUndefined() {
		return bgfetch.ErrUnknown
	}
	return err
}
