package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// world is everything around an engine that survives it.
type world struct {
	t       *testing.T
	store   *bgfetchtest.MemoryStore
	bodies  *bgfetchtest.MemoryBodies
	network *bgfetchtest.Network
	events  *bgfetchtest.Events
	display *bgfetchtest.Display
	options engine.Options
	// language is that of the next engines, nil for English.
	language bgfetch.Language
	// wrap, if set, puts something between the next engines and the store.
	wrap func(bgfetch.Store) bgfetch.Store

	engine *engine.Engine
	cancel context.CancelFunc

	mu sync.Mutex
	// received are the bodies as the listeners of the closing events read them:
	// id -> record -> body, nil where the response was not exposed.
	received map[string][][]byte
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, store: bgfetchtest.NewMemoryStore(), bodies: bgfetchtest.NewMemoryBodies(), received: map[string][][]byte{}}
	w.network = bgfetchtest.NewNetwork(w.bodies)
	w.events = &bgfetchtest.Events{OnDispatch: w.listen}
	w.display = &bgfetchtest.Display{}
	w.options.Origin = "https://site.test"
	w.options.Framing = bgfetch.Framing{ContentLength: true, Chunked: true}
	return w
}

// start makes an engine over what there is; kill ends it as a dying worker does.
func (w *world) start() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	var store bgfetch.Store = &dying{w.store, cancel}
	if w.wrap != nil {
		store = w.wrap(store)
	}
	w.engine = engine.NewEngine(engine.Ports{Store: store, Bodies: w.bodies, Network: w.network, Events: w.events, Display: w.display, Language: w.language}, w.options)
	if err := w.engine.Start(ctx); err != nil && ctx.Err() == nil {
		w.t.Fatalf("Start: %v", err)
	}
}

// revive starts an engine if the one before has died, and says whether it had. The engine does
// not hear of a store that dies after the last thing it wrote.
func (w *world) revive() bool {
	select {
	case <-w.engine.Done():
	case <-w.store.Killed():
	default:
		return false
	}
	w.kill()
	w.start()
	return true
}

func (w *world) kill() {
	w.cancel()
	w.network.Die()
	w.engine.Wait()
	w.store = w.store.Reopen()
}

// dying ends the engine's context at the moment its store dies: a dead worker
// does nothing any more.
type dying struct {
	bgfetch.Store
	cancel context.CancelFunc
}

func (d *dying) heard(err error) error {
	if errors.Is(err, bgfetchtest.ErrKilled) {
		d.cancel()
	}
	return err
}

func (d *dying) Load(ctx context.Context) ([]bgfetch.Stored, error) {
	stored, err := d.Store.Load(ctx)
	return stored, d.heard(err)
}

func (d *dying) Create(ctx context.Context, state bgfetch.FetchState, requests []bgfetch.Request, begun ...bgfetch.Begun) error {
	return d.heard(d.Store.Create(ctx, state, requests, begun...))
}

func (d *dying) Leave(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, remains *bgfetch.Remains) error {
	return d.heard(d.Store.Leave(ctx, uniqueID, index, record, remains))
}

func (d *dying) DeleteRemains(ctx context.Context, places ...bgfetch.Place) error {
	return d.heard(d.Store.DeleteRemains(ctx, places...))
}

func (d *dying) PutStates(ctx context.Context, states ...bgfetch.FetchState) error {
	return d.heard(d.Store.PutStates(ctx, states...))
}

func (d *dying) PutRequests(ctx context.Context, uniqueID string, requests []bgfetch.Request) error {
	return d.heard(d.Store.PutRequests(ctx, uniqueID, requests))
}

func (d *dying) PutRecord(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, added ...bgfetch.Segment) error {
	return d.heard(d.Store.PutRecord(ctx, uniqueID, index, record, added...))
}

func (d *dying) DropSegments(ctx context.Context, uniqueID string, index, generation int, lost []bgfetch.Segment) error {
	return d.heard(d.Store.DropSegments(ctx, uniqueID, index, generation, lost))
}

func (d *dying) Delete(ctx context.Context, uniqueID string, ended *bgfetch.Ended) error {
	return d.heard(d.Store.Delete(ctx, uniqueID, ended))
}

func (d *dying) Keep(ctx context.Context, state bgfetch.FetchState, ended bgfetch.Ended) error {
	return d.heard(d.Store.Keep(ctx, state, ended))
}

func (d *dying) DeleteHistory(ctx context.Context, numbers ...int64) error {
	return d.heard(d.Store.DeleteHistory(ctx, numbers...))
}

func (d *dying) PutLog(ctx context.Context, run bgfetch.LogRun) (int64, error) {
	number, err := d.Store.PutLog(ctx, run)
	return number, d.heard(err)
}

// listen is the service worker's listener: it reads all that may be read.
func (w *world) listen(ctx context.Context, _ string, snapshot bgfetch.Snapshot) error {
	_, records, err := w.engine.Match(snapshot.UniqueID, nil, bgfetch.MatchOptions{}, false)
	if err != nil {
		return err
	}
	bodies := make([][]byte, len(records))
	for i, record := range records {
		if !record.Exposed {
			continue
		}
		if bodies[i], err = w.read(ctx, snapshot.UniqueID, record); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.received[snapshot.ID] = bodies
	return nil
}

// read reads the body of a record's response, waiting for what is still to come.
func (w *world) read(ctx context.Context, uniqueID string, record bgfetch.RecordSnapshot) ([]byte, error) {
	body := []byte{}
	for {
		plan, err := w.engine.Plan(ctx, uniqueID, record.Index, record.Generation, int64(len(body)), true)
		if err != nil {
			return nil, err
		}
		if plan.Failed != bgfetch.ReasonNone {
			return nil, fmt.Errorf("the body failed: %s", plan.Failed)
		}
		piece, err := w.bodies.ReadPlan(plan, int64(len(body)))
		if err != nil {
			return nil, err
		}
		if body = append(body, piece...); plan.End {
			return body, nil
		}
	}
}

func (w *world) fetch(id string, urls ...string) bgfetch.Snapshot {
	w.t.Helper()
	snapshot, err := w.engine.Fetch(context.Background(), fetchInit(id, urls...))
	if err != nil {
		w.t.Fatalf("fetch %q: %v", id, err)
	}
	return snapshot
}

func fetchInit(id string, urls ...string) bgfetch.FetchInit {
	init := bgfetch.FetchInit{UniqueID: "unique-" + id, ID: id}
	for _, u := range urls {
		init.Requests = append(init.Requests, bgfetch.Request{URL: u, Method: "GET", Mode: "cors"})
	}
	return init
}

// serve makes url a resource; it returns its body. All its responses together come at its Rate,
// so that a test knows how long they take, unless it has a Link.
func (w *world) serve(url string, size int, change ...func(*bgfetchtest.Resource)) []byte {
	resource := bgfetchtest.Resource{Body: randomBytes(size), ETag: `"v1"`, LastModified: "Mon, 02 Jan 2023 03:04:05 GMT"}
	for _, f := range change {
		f(&resource)
	}
	if resource.Rate > 0 && resource.Link == nil {
		resource.Link = &bgfetchtest.Link{Rate: resource.Rate}
	}
	w.network.Handle(url, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response { return resource.Respond(init) })
	return resource.Body
}

// perConnection makes each response come at that rate, in bytes per second, however many there are.
func perConnection(rate int) func(*bgfetchtest.Resource) {
	return func(r *bgfetchtest.Resource) { r.Rate, r.Link = rate, &bgfetchtest.Link{Rate: 1 << 40} }
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)}).Read(b)
	return b
}

// result is the closing event of the background fetch with that id; it fails the
// test if there was not exactly one.
func (w *world) result(id string) bgfetchtest.Dispatched {
	w.t.Helper()
	var found []bgfetchtest.Dispatched
	for _, d := range w.events.Dispatched() {
		if d.Snapshot.ID == id {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d closing events for %q, want 1: %+v", len(found), id, found)
	}
	return found[0]
}

func (w *world) wantSuccess(id string, bodies ...[]byte) {
	w.t.Helper()
	if d := w.result(id); d.Type != "backgroundfetchsuccess" || d.Snapshot.Result != bgfetch.ResultSuccess {
		w.t.Fatalf("%q ended with %s: %+v", id, d.Type, d.Snapshot)
	}
	w.wantBodies(id, bodies...)
}

func (w *world) wantBodies(id string, bodies ...[]byte) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	got := w.received[id]
	if len(got) != len(bodies) {
		w.t.Fatalf("%q: %d bodies, want %d", id, len(got), len(bodies))
	}
	for i := range bodies {
		if !bytes.Equal(got[i], bodies[i]) || (got[i] == nil) != (bodies[i] == nil) {
			w.t.Fatalf("%q: body %d is wrong: %d bytes, want %d", id, i, len(got[i]), len(bodies[i]))
		}
	}
}

func (w *world) wantFailure(id string, reason bgfetch.FailureReason) {
	w.t.Helper()
	event := "backgroundfetchfail"
	if reason == bgfetch.ReasonAborted {
		event = "backgroundfetchabort"
	}
	d := w.result(id)
	if d.Type != event || d.Snapshot.Result != bgfetch.ResultFailure || d.Snapshot.FailureReason != reason {
		w.t.Fatalf("%q ended with %s: %+v, want the reason %q", id, d.Type, d.Snapshot, reason)
	}
}

// wantNothingLeft checks that no row and no body is left, but for remains.
func (w *world) wantNothingLeft() {
	w.t.Helper()
	if left := w.left(); left != "" {
		w.t.Error(left)
	}
}

// left says what is left besides remains, and what is missing of those.
func (w *world) left() string {
	ctx := context.Background()
	stored, err := w.store.Load(ctx)
	if err != nil || len(stored) != 0 {
		return fmt.Sprintf("rows left: %d background fetches, %v", len(stored), err)
	}
	remains, err := w.store.Remains(ctx)
	if err != nil {
		return err.Error()
	}
	wanted := map[string][]bgfetch.SegmentKey{}
	for _, one := range remains {
		wanted[one.UniqueID] = append(wanted[one.UniqueID], one.Keys()...)
	}
	caches, _ := w.bodies.UniqueIDs(ctx)
	for _, cache := range caches {
		if len(wanted[cache]) == 0 {
			return fmt.Sprintf("bodies left: %q", cache)
		}
	}
	for cache, keys := range wanted {
		there, _ := w.bodies.Segments(ctx, cache)
		for _, key := range there {
			if !slices.Contains(keys, key) {
				return fmt.Sprintf("a body left: %v in %q", key, cache)
			}
		}
		if len(there) != len(keys) {
			return fmt.Sprintf("of remains in %q there are %d segments, and %d rows", cache, len(there), len(keys))
		}
	}
	if signs := w.bodies.SignsOfWork(); len(signs) > 0 {
		return fmt.Sprintf("signs of work: %q", signs)
	}
	return ""
}

// ranges are the starts of all requests so far.
func (w *world) ranges() []int64 {
	var starts []int64
	for _, request := range w.network.Requests() {
		starts = append(starts, request.RangeStart)
	}
	return starts
}
