package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// silent is a store that does not answer what is named, as IndexedDB does at times: not
// even when the context has ended.
type silent struct {
	bgfetch.Store
	load, create, putRecord atomic.Pointer[chan struct{}] // nil, or what is waited for
}

func wait(forever *chan struct{}) {
	if forever != nil {
		<-*forever
	}
}

func (s *silent) Load(ctx context.Context) ([]bgfetch.Stored, error) {
	wait(s.load.Load())
	return s.Store.Load(ctx)
}

func (s *silent) Create(ctx context.Context, state bgfetch.FetchState, requests []bgfetch.Request, begun ...bgfetch.Begun) error {
	wait(s.create.Load())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.Store.Create(ctx, state, requests, begun...)
}

func (s *silent) PutRecord(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, added ...bgfetch.Segment) error {
	wait(s.putRecord.Load())
	return s.Store.PutRecord(ctx, uniqueID, index, record, added...)
}

// TestDatabaseNeverAnswers: who waits for it is told so after a minute, the engine ends
// without a word to anybody else, and the next one, which it answers, goes on.
func TestDatabaseNeverAnswers(t *testing.T) {
	const reason = "the database did not answer within 1m0s"
	tests := map[string]func(w *world, store *silent, forever chan struct{}) (bodies [][]byte){
		"at the start": func(w *world, store *silent, forever chan struct{}) [][]byte {
			store.load.Store(&forever)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			engine := engine.NewEngine(engine.Ports{Store: store, Bodies: w.bodies, Network: w.network, Events: w.events, Display: w.display}, w.options)
			if err := engine.Start(ctx); err == nil || !strings.Contains(err.Error(), reason) {
				w.t.Errorf("Start: %v", err)
			}
			return nil
		},
		"a new background fetch": func(w *world, store *silent, forever chan struct{}) [][]byte {
			store.create.Store(&forever)
			w.serve(siteA, 10)
			_, err := w.engine.Fetch(context.Background(), fetchInit("f", siteA))
			var refused *bgfetch.Error
			if !errors.As(err, &refused) || refused.Name != bgfetch.TypeError || !strings.Contains(refused.Message, reason) {
				w.t.Errorf("Fetch: %v", err)
			}
			// Refused is refused, also where it answers again.
			store.create.Store(nil)
			if _, err := w.engine.Fetch(context.Background(), fetchInit("g", siteA)); err == nil {
				w.t.Error("an engine that has ended takes a background fetch")
			}
			return nil
		},
		"in mid-transfer": func(w *world, store *silent, forever chan struct{}) [][]byte {
			body := w.serve(siteA, 4*mib, slow)
			snapshot := w.fetch("f", siteA)
			time.Sleep(time.Second)
			store.putRecord.Store(&forever)
			time.Sleep(time.Second)
			// It waits for the transfers to end, which wait for the database.
			aborted, err := w.engine.Abort(context.Background(), snapshot.UniqueID, "")
			if aborted || err == nil || !strings.Contains(err.Error(), reason) {
				w.t.Errorf("Abort = %v, %v", aborted, err)
			}
			return [][]byte{body}
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.kill()
				forever := make(chan struct{})
				answer := sync.OnceFunc(func() { close(forever) })
				defer answer()
				store := &silent{}
				w.wrap = func(real bgfetch.Store) bgfetch.Store {
					store.Store = real
					return store
				}
				w.start()
				begun := time.Now()
				bodies := test(w, store, forever)
				if took := time.Since(begun); took > 62*time.Second {
					t.Errorf("it took %v", took)
				}
				if len(bodies) > 0 {
					<-w.engine.Done()
					if err := w.engine.Err(); err == nil || err.Error() != reason {
						t.Errorf("the engine ended: %v", err)
					}
				}
				time.Sleep(time.Minute)
				if events := w.events.Dispatched(); len(events) > 0 {
					t.Errorf("an engine that knows nothing fired %+v", events)
				}
				answer()
				w.wrap = nil
				w.kill()
				w.start()
				time.Sleep(time.Minute)
				if bodies != nil {
					w.wantSuccess("f", bodies...)
				}
				w.wantNothingLeft()
			})
		})
	}
}

// silentBodies are bodies whose page is gone before it gave them.
type silentBodies struct{ bgfetch.Bodies }

func (silentBodies) SaveRequestBody(ctx context.Context, _ string, _ int, _ string) (string, int64, error) {
	<-ctx.Done()
	return "", 0, ctx.Err()
}

func TestRequestBodyNeverComes(t *testing.T) {
	run(t, func(w *world) {
		w.kill()
		engine := engine.NewEngine(engine.Ports{
			Store: w.store, Bodies: silentBodies{w.bodies}, Network: w.network, Events: w.events, Display: w.display,
		}, w.options)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if err := engine.Start(ctx); err != nil {
			t.Fatal(err)
		}
		init := fetchInit("f", siteA)
		init.Requests[0].Method = "POST"
		init.Requests[0].Body = &bgfetch.RequestBody{Size: 90 * mib, Handle: "0"}
		begun := time.Now()
		_, err := engine.Fetch(ctx, init)
		w.wantTypeError(err, "did not arrive within 2m30s")
		if took := time.Since(begun); took != 150*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
