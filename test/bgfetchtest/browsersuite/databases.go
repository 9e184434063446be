//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"github.com/hack-pad/go-indexeddb/idb"
	"github.com/hack-pad/safejs"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/idbstore"
)

// databaseCases are about the database around the store.
var databaseCases = []suiteCase{
	{"database: newer", testNewer},
	{"database: upgrade from version 1", testUpgradeFrom1},
	{"database: deleted while open", testDeletedWhileOpen},
	{"database: context has ended", testOpenContextEnded},
	{"database: two connections", testTwoConnections},
}

var databases int

// newName returns the name of a database that does not exist.
func newName() string {
	databases++
	return fmt.Sprintf("bgfetch-suite-%s-%d", suiteName, databases)
}

// openStore returns an opener of stores over one new database, and its undo.
func openStore() (open bgfetchtest.OpenStore, cleanUp func(bgfetchtest.T)) {
	name := newName()
	var store *idbstore.Store
	open = func(t bgfetchtest.T) bgfetch.Store {
		if store != nil {
			_ = store.Close()
		}
		store = mustOpen(t, name)
		return store
	}
	cleanUp = func(t bgfetchtest.T) {
		if store != nil {
			_ = store.Close()
		}
		deleteDatabase(t, name)
	}
	return open, cleanUp
}

func mustOpen(t bgfetchtest.T, name string) *idbstore.Store {
	store, err := idbstore.Open(context.Background(), name)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return store
}

func deleteDatabase(t bgfetchtest.T, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request, err := idb.Global().DeleteDatabase(name)
	if err == nil {
		err = errors.Join(request.Await(ctx), ctx.Err())
	}
	if err != nil {
		t.Errorf("delete the database: %v", err)
	}
}

func testNewer(t bgfetchtest.T) {
	name := newName()
	request, err := idb.Global().Open(context.Background(), name, 99, func(*idb.Database, uint, uint) error { return nil })
	if err != nil {
		t.Fatalf("%v", err)
	}
	db, err := request.Await(context.Background())
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer deleteDatabase(t, name)
	defer db.Close()
	if _, err := idbstore.Open(context.Background(), name); !errors.Is(err, bgfetch.ErrNewerDatabase) {
		t.Errorf("Open: got %v, want ErrNewerDatabase", err)
	}
}

// testUpgradeFrom1 opens a database as version 1 made it, with a background fetch.
func testUpgradeFrom1(t bgfetchtest.T) {
	name := newName()
	request, err := idb.Global().Open(context.Background(), name, 1, func(db *idb.Database, _, _ uint) error {
		for _, store := range []string{"fetches", "records", "requests", "segments", "sequence"} {
			made, err := db.CreateObjectStore(store, idb.ObjectStoreOptions{
				KeyPath: safejs.Unsafe(safejs.Null()), AutoIncrement: store == "sequence",
			})
			if err != nil {
				return err
			}
			if row, ok := version1Rows[store]; ok {
				if _, err := made.AddKey(js.ValueOf("u"), js.ValueOf(row)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	db, err := request.Await(context.Background())
	if err != nil {
		t.Fatalf("%v", err)
	}
	_ = db.Close()
	store := mustOpen(t, name)
	defer deleteDatabase(t, name)
	defer store.Close()
	ctx := context.Background()
	all, err := store.Load(ctx)
	if err != nil || len(all) != 1 || all[0].State.ID != "film" || len(all[0].Requests) != 1 {
		t.Fatalf("Load: got %+v, %v", all, err)
	}
	if err := store.Delete(ctx, "u", &bgfetch.Ended{}); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	if history, err := store.History(ctx); err != nil || len(history) != 1 {
		t.Errorf("History: got %v, %v", history, err)
	}
}

// version1Rows are rows as version 1 wrote them, under the key "u".
var version1Rows = map[string]string{
	"fetches":  `{"uniqueId":"u","id":"film","title":"","downloadTotal":0,"uploadTotal":0,"created":"2026-02-03T04:05:06Z"}`,
	"requests": `{"uniqueId":"u","sequence":1,"requests":[{"url":"https://example.com/film","method":"GET"}]}`,
}

func testDeletedWhileOpen(t bgfetchtest.T) {
	name := newName()
	store := mustOpen(t, name)
	deleteDatabase(t, name) // waits until the store has closed its database
	_, loadErr := store.Load(context.Background())
	createErr := store.Create(context.Background(), bgfetch.FetchState{UniqueID: "u"}, nil)
	if loadErr == nil || createErr == nil {
		t.Errorf("the methods of a store without its database returned %v and %v", loadErr, createErr)
	}
	t.Logf("the error is: %v", createErr)
}

func testOpenContextEnded(t bgfetchtest.T) {
	name := newName()
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	if _, err := idbstore.Open(ctx, name); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: got %v, want the context's error", err)
	}
	if _, err := idbstore.Open(ctx, name); !errors.Is(err, context.Canceled) {
		t.Errorf("Open again: got %v, want the context's error", err)
	}
	deleteDatabase(t, name) // which an open database would block
}

func testTwoConnections(t bgfetchtest.T) {
	name := newName()
	one, two := mustOpen(t, name), mustOpen(t, name)
	defer deleteDatabase(t, name)
	ctx := context.Background()
	if err := one.Create(ctx, bgfetch.FetchState{UniqueID: "u"}, []bgfetch.Request{{URL: "/"}}); err != nil {
		t.Fatalf("Create: %v", err)
	}
	if err := two.PutRecord(ctx, "u", 0, bgfetch.RecordState{Sent: true}); err != nil {
		t.Fatalf("PutRecord by the other: %v", err)
	}
	all, err := one.Load(ctx)
	if err != nil || len(all) != 1 || !all[0].Records[0].Sent {
		t.Errorf("Load: got %v, %v", all, err)
	}
}
