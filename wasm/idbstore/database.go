//go:build js && wasm

// Package idbstore implements bgfetch.Store on IndexedDB.
//
// The database has these object stores, all with keys out of line and with rows
// that are JSON text, which crosses between Go and JS in one step, where objects
// take one for each member (types in rows.go):
//
//	fetches   uniqueId                                -> bgfetch.FetchState
//	requests  uniqueId                                -> requestsRow, never changed
//	records   [uniqueId, index]                       -> recordRow
//	segments  [uniqueId, index, generation, offset]   -> segmentRow
//	sequence  a key generator, which numbers the background fetches; no rows
//	history   number, by a key generator              -> bgfetch.Ended
//	log       number, by a key generator              -> bgfetch.LogRun
//	remains   [uniqueId, index], of their place       -> bgfetch.Remains
//
// The rows repeat their keys, so that getAll alone reads all there is to know.
//
// What to know of IndexedDB: a transaction commits itself as soon as none of its
// requests is under way, so within one nothing else may be awaited; and what a
// request did is durable only when its transaction has completed.
package idbstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hack-pad/go-indexeddb/idb"
	"github.com/hack-pad/safejs"

	"background-fetch-wasm/wasm/bgfetch"
)

// openTimeout bounds how long Open waits. What blocks it is another worker or
// page that holds an older version open; the library does not tell that from a
// slow disk.
const openTimeout = 10 * time.Second

// Store is a bgfetch.Store in IndexedDB. Its methods may be called from several
// goroutines. It ends, and all its methods return errors, when the database is
// deleted or upgraded from elsewhere. Where a browser merely lost the connection, it
// connects again.
type Store struct {
	name string
	connection
	// connecting is held by who connects again.
	connecting sync.Mutex

	// known is true for a unique id that is certainly in the database, so that
	// its transactions need not look first, and false for one that was deleted.
	// Transactions run in the order they are made, and goroutines of a wasm
	// program change only where they wait: so what it says when a transaction is
	// made is still so when that runs.
	known map[string]bool

	// waiting are the records that the next transaction of putRecords puts, putting
	// says that one is under way.
	waiting []*recordPut
	putting bool
	// lastPut is the last that was put, nil before the first.
	lastPut *recordPut

	lost chan string
	// ended is set when lost has been sent.
	ended bool
}

// connection is a connection to the database.
type connection struct {
	db *idb.Database
	// raw is the same IDBDatabase, for what the library has not.
	raw safejs.Value
	// upgraded: it was made or upgraded for this connection.
	upgraded bool
}

var _ bgfetch.Store = (*Store)(nil)

// Open opens the database with that name, and makes or upgrades it if need be.
// The error is bgfetch.ErrNewerDatabase where a newer version wrote it, and ErrDamaged where the
// browser cannot open it. Open waits 10 s at most.
func Open(ctx context.Context, name string) (*Store, error) {
	c, err := connect(ctx, name)
	if err != nil {
		return nil, err
	}
	s := &Store{name: name, connection: c, known: map[string]bool{}, lost: make(chan string, 1)}
	if c.upgraded {
		if err := s.checkStores(ctx); err != nil {
			_ = c.db.Close()
			return nil, err
		}
	}
	return s, s.watch()
}

// checkStores looks whether the object stores that were just made are there.
func (s *Store) checkStores(ctx context.Context) error {
	names := slices.Concat(storesSince[:]...)
	err := s.try(ctx, names, func(t *transaction) error {
		for _, name := range names {
			if _, err := t.ask(name, "get", ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, bgfetch.ErrQuota) {
		err = fmt.Errorf("%w (%v)", ErrDamaged, err)
	}
	return err
}

// ErrDamaged: the browser cannot open the database, now or for good. WebKit cannot if it was killed
// while it made it, and leaves one without object stores if the disk was full then.
var ErrDamaged = errors.New("the browser cannot open its database")

// Delete deletes the database with that name, and all that is in it.
func Delete(ctx context.Context, name string) error {
	request, err := idb.Global().DeleteDatabase(name)
	if err == nil {
		err = request.Await(ctx)
	}
	return wrap(portError(err), "delete the database")
}

// connect waits 10 s at most.
func connect(ctx context.Context, name string) (connection, error) {
	if err := ctx.Err(); err != nil {
		return connection{}, err
	}
	// idb.Global panics without it.
	if factory, err := safejs.Global().Get("indexedDB"); err != nil || factory.IsUndefined() || factory.IsNull() {
		return connection{}, errors.New("open the database: this browser has no IndexedDB here")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, openTimeout, fmt.Errorf(
		"it did not open within %v; another tab or worker may hold an older version open", openTimeout))
	defer cancel()

	type outcome struct {
		connection connection
		err        error
	}
	opened := make(chan outcome)
	go func() {
		connection, err := open(name)
		select {
		case opened <- outcome{connection, err}:
		case <-ctx.Done():
			if err == nil {
				_ = connection.db.Close() // nobody waits any more, and open it would block others
			}
		}
	}()
	select {
	case o := <-opened:
		return o.connection, wrap(o.err, "open the database")
	case <-ctx.Done():
		return connection{}, fmt.Errorf("open the database: %w", context.Cause(ctx))
	}
}

// open waits without bound.
func open(name string) (connection, error) {
	// What the upgrader returned would end the program, so it is kept here.
	var upgradeErr error
	upgraded := false
	request, err := idb.Global().Open(context.Background(), name, SchemaVersion, func(db *idb.Database, oldVersion, _ uint) error {
		upgraded, upgradeErr = true, upgrade(db, oldVersion)
		return nil
	})
	if err != nil {
		return connection{}, portError(err)
	}
	db, err := request.Await(context.Background())
	if errors.Is(err, idb.NewDOMException("VersionError")) {
		return connection{}, fmt.Errorf("%w (%v)", bgfetch.ErrNewerDatabase, err)
	}
	if errors.Is(err, idb.NewDOMException("UnknownError")) {
		return connection{}, fmt.Errorf("%w (%v)", ErrDamaged, err)
	}
	if err != nil {
		return connection{}, portError(err)
	}
	if err := errors.Join(upgradeErr, checkSchema(db)); err != nil {
		_ = db.Close()
		return connection{}, err
	}
	result, err := request.Request.Result()
	return connection{db, safejs.Safe(result), upgraded}, portError(err)
}

// watch finds out when the connection is of no use any more, for as long as the
// program lives.
func (s *Store) watch() error {
	happened, _, err := listen(s.raw, "versionchange", "close")
	if err != nil {
		return err
	}
	go func() {
		event := <-happened
		s.ended = true
		select {
		case s.lost <- event:
		default:
		}
	}()
	return nil
}

// reconnect replaces a connection that the browser has closed, unless somebody has
// done so.
func (s *Store) reconnect(ctx context.Context, closed *idb.Database) error {
	s.connecting.Lock()
	defer s.connecting.Unlock()
	if s.db != closed || s.ended {
		return nil
	}
	_ = closed.Close()
	c, err := connect(ctx, s.name)
	if err != nil {
		return err
	}
	clear(s.known)
	s.connection = c
	return s.watch()
}

// upgrade brings a database from oldVersion, 0 for none, to SchemaVersion.
func upgrade(db *idb.Database, oldVersion uint) error {
	for _, name := range slices.Concat(storesSince[oldVersion:]...) {
		_, err := db.CreateObjectStore(name, idb.ObjectStoreOptions{
			KeyPath:       safejs.Unsafe(safejs.Null()),
			AutoIncrement: slices.Contains(numberedStores, name),
		})
		if err != nil {
			return fmt.Errorf("make the object store %s: %w", name, err)
		}
	}
	return nil
}

func checkSchema(db *idb.Database) error {
	names, err := db.ObjectStoreNames()
	if err != nil {
		return err
	}
	for _, name := range slices.Concat(storesSince[:]...) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%w: it has no object store %s", ErrDamaged, name)
		}
	}
	return nil
}

// Lost sends once when the database is deleted or upgraded from elsewhere: the store
// is of no use any more.
func (s *Store) Lost() <-chan string { return s.lost }

// Close closes the database once the transactions under way are finished.
func (s *Store) Close() error {
	return s.db.Close()
}
