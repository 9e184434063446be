package engine_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// A week: 20 GB of one to three files come over a slow network, from a server whose links expire
// after an hour, through tunnels, captive portals, deploys, offline hours, 200 deaths of the worker,
// in some weeks a file that is replaced, and a quota that shrinks. In the end there must be the right
// bytes and a success, without anybody having pressed a button, and the server must have sent no more
// than weekBound allows.
//
// The scale is that of the world: 20 GB, seven days, links of an hour. Time is virtual, and nobody
// has the bytes: what is stored is of which file and version they are and where they lie
// (weekBody), which is compared instead of them, and in the end must be all of one version, in order.
// The link is as fast as it has to be for the download to take about the week. Only segments are
// larger than a link so slow makes them: up to 8 MiB, as on a fast one, instead of some 100 kB, for
// there to be 3,000 of them and not 200,000. So a death costs more here than it would; what the
// weeks cost without that is told apart.

var (
	weekCount = flag.Int("week.count", 0, "the number of simulated weeks; 0: a few, others each time")
	weekSeed  = flag.Uint64("week.seed", 0, "the seed of the first of them; the next ones follow; 0: drawn")
	weekLines = flag.Int("week.lines", 60, "how many lines of the story of a week that is wrong are told")
	weekTell  = flag.Bool("week.tell", false, "tell of each week, not only of those that fail")
)

// weekSize is the size of all files of a week.
const weekSize = 20_000_000_000

// weekSegment is the largest segment, weekDeathCount the number of deaths of the worker.
const (
	weekSegment    = 8 * mib
	weekDeathCount = 200
)

func TestWeeks(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(before) })
	t.Cleanup(func() { debug.SetGCPercent(100) })
	debug.SetGCPercent(800)
	count, seed := *weekCount, *weekSeed
	if count == 0 {
		count = 5
		if bgfetchtest.UnderRaceDetector {
			count = 1
		}
	}
	if seed == 0 {
		seed = 1 + rand.Uint64N(1<<32)
	}
	var ratios, without []float64
	failed := []uint64{}
	for i := range uint64(count) {
		w := liveWeek(t, seed+i)
		ratios = append(ratios, w.ratio())
		without = append(without, float64(w.sent()-w.network.dropped)/float64(w.needed()))
		if len(w.wrong) > 0 || *weekTell {
			t.Log(w.story())
		}
		if len(w.wrong) > 0 {
			failed = append(failed, w.seed)
		}
		if len(failed) >= 20 {
			break
		}
	}
	slices.Sort(ratios)
	slices.Sort(without)
	middle, last := len(ratios)/2, len(ratios)-1
	t.Logf("%d weeks from -week.seed=%d on: sent over what was needed, median %.4f, worst %.4f; without the segments that were under way at a death, median %.4f, worst %.4f",
		len(ratios), seed, ratios[middle], ratios[last], without[middle], without[last])
	if len(failed) > 0 {
		t.Errorf("wrong weeks: -week.seed=%d -week.count=1, and so %d", failed[0], failed)
	}
}

// weekLife is one week.
type weekLife struct {
	t       *testing.T
	seed    uint64
	r       *rand.Rand
	begun   time.Time
	phases  []weekPhase
	deaths  []weekDeath
	store   *bgfetchtest.MemoryStore
	bodies  *weekBodies
	network *weekNetwork
	events  *bgfetchtest.Events
	options engine.Options
	// servers are those of the week, by URL without a query. files are those of the download.
	servers map[string]*weekServer
	files   []*weekServer
	// shrinksAt is when the quota shrinks to quota.
	shrinksAt time.Duration
	quota     int64

	engine *engine.Engine
	cancel context.CancelFunc
	// died counts deaths.
	died int

	refreshes atomic.Int64
	putsLeft  atomic.Int32
	onPut     atomic.Pointer[func()]

	mu    sync.Mutex
	lines []string
	wrong []string
	// heardFrom are the workers that fired the closing event: one that dies in it fires it again.
	heardFrom []*engine.Engine
	took      time.Duration
}

func (w *weekLife) now() time.Duration { return time.Since(w.begun) }

// liveWeek lives the week of that seed.
func liveWeek(t *testing.T, seed uint64) (w *weekLife) {
	limit := 5 * time.Minute // a hard week takes 40 s
	if bgfetchtest.UnderRaceDetector {
		limit *= 3
	}
	endless := time.AfterFunc(limit, func() { panic(fmt.Sprintf("no end of -week.seed=%d -week.count=1", seed)) })
	defer endless.Stop()
	synctest.Test(t, func(t *testing.T) {
		w = newWeekLife(t, seed)
		w.start()
		w.leaveThings()
		w.begin()
		w.live()
		w.finish()
		w.judge()
	})
	return w
}

func newWeekLife(t *testing.T, seed uint64) *weekLife {
	r := rand.New(rand.NewPCG(seed, 7))
	w := &weekLife{t: t, seed: seed, r: r, begun: time.Now(), store: bgfetchtest.NewMemoryStore(), servers: map[string]*weekServer{}, quota: 100 * weekSize}
	w.bodies = &weekBodies{
		caches: map[string]map[bgfetch.SegmentKey]weekBody{}, kept: map[string]bool{}, stored: map[weekBody]int64{}, most: map[weekBody]int64{},
		quota: w.quotaNow, onPut: w.put,
	}
	w.network = &weekNetwork{week: w, rate: 100 * mib, r: rand.New(rand.NewPCG(seed, 8)), open: map[*weekTransfer]bool{}, died: make(chan struct{}), sent: map[weekBody]int64{}}
	if chance(r, 30) {
		w.network.storeTime = time.Duration(1+r.IntN(300)) * time.Millisecond
	}
	w.events = &bgfetchtest.Events{OnDispatch: w.dispatched, OnRefresh: w.refresh}
	w.options.Origin = weekSite
	w.options.Framing = one(r, likeChromium, likeFirefox, likeWebKit).framing()
	w.options.Segments = bgfetch.SaveLimits{MinLength: weekSegment, MaxLength: weekSegment, MinTime: time.Second, MaxTime: 3 * time.Minute}
	w.options.NotifyInterval = time.Minute
	w.options.OnLog = func(e bgfetch.LogEntry) {
		w.tell("  %s %s %s %d %s", e.ID, e.Event, e.Range, e.Status, e.Detail)
	}
	for _, id := range []string{"kept", "expires", "pinned", "remains"} {
		s := &weekServer{week: w, url: weekSite + "/" + id, size: 1_000_000_000, etag: "strong"}
		w.servers[s.url] = s
	}
	for i, size := range weekSizes(r) {
		s := newWeekServer(w, r, fmt.Sprint(i), size)
		w.servers[s.url] = s
		w.files = append(w.files, s)
	}
	return w
}

// weekSizes are those of one to three files.
func weekSizes(r *rand.Rand) []int64 {
	sizes := []int64{weekSize}
	for range r.IntN(3) {
		part := r.Int64N(sizes[0] / 2)
		sizes[0] -= part
		sizes = append(sizes, part)
	}
	return sizes
}

func (w *weekLife) quotaNow() int64 {
	if w.shrinksAt > 0 && w.now() >= w.shrinksAt {
		return w.quota
	}
	return 100 * weekSize
}

func (w *weekLife) put() {
	if w.putsLeft.Add(-1) == 0 {
		(*w.onPut.Load())()
	}
}

// start makes an engine over what there is.
func (w *weekLife) start() {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.engine = engine.NewEngine(engine.Ports{Store: weekStore{&dying{w.store, w.cancel}}, Bodies: w.bodies, Network: w.network, Events: w.events, Display: &bgfetchtest.Display{}}, w.options)
	if err := w.engine.Start(ctx); err != nil && ctx.Err() == nil {
		w.fault("Start: %v", err)
	}
}

// weekStore stores no log, which would be a third of the work.
type weekStore struct{ *dying }

func (weekStore) PutLog(context.Context, bgfetch.LogRun) (int64, error) { return 1, nil }

// kill ends the engine as a dying worker does.
func (w *weekLife) kill() {
	w.cancel()
	w.network.die()
	w.engine.Wait()
	w.store = w.store.Reopen()
}

// leaveThings lets others be there when the week begins: a kept record, one that will expire, one
// that is pinned, and what a failure left.
func (w *weekLife) leaveThings() {
	fetch := func(id string, change func(*bgfetch.FetchInit)) *weekServer {
		s := w.servers[weekSite+"/"+id]
		init := bgfetch.FetchInit{UniqueID: "unique-" + id, ID: id, Requests: []bgfetch.Request{s.request()}}
		change(&init)
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			w.fault("fetch %s: %v", id, err)
		}
		return s
	}
	expires := time.Now().Add(time.Duration(w.r.Int64N(int64(week))) + time.Hour).UnixMilli()
	fetch("kept", func(init *bgfetch.FetchInit) { init.Keep = true })
	fetch("expires", func(init *bgfetch.FetchInit) { init.Keep, init.Retention.Expires = true, expires })
	fetch("pinned", func(init *bgfetch.FetchInit) { init.Keep, init.Retention.Pinned = true, true })
	time.Sleep(10 * time.Minute)
	s := fetch("remains", func(*bgfetch.FetchInit) {})
	w.events.SetOnRefresh(nil)
	time.Sleep(5 * time.Second)
	s.gone.Store(true)
	w.network.mu.Lock()
	for t := range w.network.open {
		t.breaksAt = 0
	}
	w.network.mu.Unlock()
	time.Sleep(10 * time.Minute)
	w.events.SetOnRefresh(w.refresh)
	if len(w.engine.Kept(bgfetch.KeptQuery{})) != 3 || len(w.engine.Remains()) != 1 {
		w.fault("%d are kept, %d remain", len(w.engine.Kept(bgfetch.KeptQuery{})), len(w.engine.Remains()))
	}
	w.mu.Lock()
	w.heardFrom = nil
	w.mu.Unlock()
}

// begin begins the download, and the week.
func (w *weekLife) begin() {
	w.kill()
	w.begun = time.Now()
	w.phases = weekPhases(w.r)
	w.deaths = weekDeaths(w.r, weekDeathCount)
	useful := week
	for _, p := range w.phases {
		useful -= p.to - p.from
	}
	for _, d := range w.deaths {
		useful -= d.stays + time.Second
	}
	w.network.rate = weekSize / max(useful, 24*time.Hour).Seconds() * (1 + w.r.Float64()/10)
	if chance(w.r, 25) {
		one(w.r, w.files...).replacedAt = time.Duration(w.r.Int64N(int64(week)))
	}
	if chance(w.r, 50) {
		w.shrinksAt = time.Duration(w.r.Int64N(int64(week)))
		w.quota = weekSize + 1_000_000_000 + int64(256*mib) + w.r.Int64N(3_000_000_000)
	}
	if chance(w.r, 30) {
		w.bodies.frees = time.Duration(w.r.IntN(10_000)) * time.Millisecond
	}
	w.start()
	init := bgfetch.FetchInit{UniqueID: "unique-week", ID: "week", Room: bgfetch.RoomEvict}
	for _, s := range w.files {
		init.Requests = append(init.Requests, s.request())
	}
	if _, err := w.engine.Fetch(context.Background(), init); err != nil {
		w.fault("fetch: %v", err)
	}
}

// live lets the worker die, and start again.
func (w *weekLife) live() {
	for _, d := range w.deaths {
		if w.wait(d.at - w.now()) {
			continue // that was one
		}
		if w.hasEnded() {
			return
		}
		switch d.how {
		case "before a write":
			w.store.KillAfter(d.n)
		case "inside a write":
			w.store.KillInside(d.n)
		case "after a put":
			store, cancel := w.store, w.cancel
			kill := func() {
				store.Kill()
				cancel()
			}
			w.onPut.Store(&kill)
			w.putsLeft.Store(int32(d.n))
		}
		if d.how != "now" && w.died > 0 && w.wait(10*time.Minute) {
			continue
		}
		w.die(d)
	}
}

// wait waits for that long, or until the worker has died, which it says.
func (w *weekLife) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-w.engine.Done():
		w.die(weekDeath{how: "by itself", stays: time.Minute})
		return true
	}
}

func (w *weekLife) die(d weekDeath) {
	w.died++
	w.putsLeft.Store(0)
	w.tell("the worker dies: %s, for %v", d.how, d.stays)
	w.kill()
	time.Sleep(d.stays)
	w.start()
}

func (w *weekLife) hasEnded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.heardFrom) > 0
}

// longestWeek is how long it may take in all.
const longestWeek = 4 * week

// finish lets it end.
func (w *weekLife) finish() {
	for w.now() < longestWeek {
		stored, err := w.store.Load(context.Background())
		left := slices.DeleteFunc(stored, func(s bgfetch.Stored) bool { return s.State.ID != "week" })
		if err == nil && len(left) == 0 {
			break
		}
		w.wait(time.Hour)
	}
	synctest.Wait()
}
