package engine_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/pace"
)

// A random life is that of a few background fetches, from a server and in a browser that
// do what servers and browsers were seen to do, while the worker dies, pages pause, seek
// and limit, and what is stored goes. Success must mean exactly the bytes of one version
// of the file, everything must end, and nothing be left.

var (
	livesCount = flag.Int("lives.count", 1000, "the number of random lives")
	livesSeed  = flag.Uint64("lives.seed", 1, "the seed of the first of them; the next ones follow")
	livesTimes = flag.Int("lives.times", 1, "how often each is tried: goroutines make them differ")
	livesTell  = flag.Bool("lives.tell", false, "tell of each life, not only of those that fail")
)

func TestLives(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(before) })
	ends := map[string]int{}
	failed := []uint64{}
	for i := range uint64(*livesCount) {
		if *livesCount > 1 && !bgfetchtest.IsDrawn() { // one that is asked for is run
			continue
		}
		for range *livesTimes {
			l := live(t, *livesSeed+i)
			for end, n := range l.ends {
				ends[end] += n
			}
			if len(l.wrong) > 0 || *livesTell {
				t.Log(l.story())
			}
			if len(l.wrong) > 0 {
				failed = append(failed, l.seed)
			}
		}
		if len(failed) >= 20 {
			break
		}
	}
	t.Logf("records and what became of them: %v", ends)
	if len(failed) > 0 {
		t.Errorf("wrong lives: -lives.seed=%d -lives.count=1, and so %d", failed[0], failed)
	}
}

// life is one random life.
type life struct {
	*world
	seed    uint64
	r       *rand.Rand
	browser livesBrowser
	good    bool
	fetches []*livesFetch
	events  []livesEvent
	servers map[string]*livesServer
	// ours counts what we do that makes a transfer break off.
	ours int
	// evictions counts those. lost: what failed background fetches had left may be gone, too.
	evictions atomic.Int32
	lost      bool
	// agains counts the background fetches that were made again after they failed.
	agains int
	// token is what the servers want to see in Authorization, 0 for nothing; refreshes counts the
	// times that the site was asked for it.
	token, refreshes atomic.Int32
	// atPut is what happens after so many more puts.
	atPut    atomic.Pointer[func()]
	putsLeft atomic.Int32

	mu    sync.Mutex
	begun time.Time
	lines []livesLine
	wrong []livesLine
	ends  map[string]int
}

// livesLine is a line of the log, on a background fetch or "" for all.
type livesLine struct{ id, text string }

// livesFetch is a background fetch of a life.
type livesFetch struct {
	init    bgfetch.FetchInit
	servers []*livesServer
	at      time.Duration
	// made: fetch() resolved. aborted: we wanted that. ended: its closing event came. failed:
	// with a failure. reads are what readers in mid-transfer got. What listeners and readers
	// use of these, they use under the lock of the life.
	made, aborted, ended, failed bool
	reads                        []*livesRead
}

// live lives the life of that seed.
func live(t *testing.T, seed uint64) (l *life) {
	// One in which no time passes would never end.
	endless := time.AfterFunc(2*time.Minute, func() { panic(fmt.Sprintf("no end of -lives.seed=%d -lives.count=1", seed)) })
	defer endless.Stop()
	synctest.Test(t, func(t *testing.T) {
		l = newLife(t, seed)
		l.start()
		l.perform()
		l.finish()
		for chance(l.r, 60) && l.again() {
			l.finish()
		}
		l.kill()
		l.wantNothing()
		l.wantLittle()
	})
	return l
}

func newLife(t *testing.T, seed uint64) *life {
	r := rand.New(rand.NewPCG(seed, 20))
	l := &life{world: newWorld(t), seed: seed, r: r, begun: time.Now(), good: chance(r, 20), servers: map[string]*livesServer{}, ends: map[string]int{}}
	l.browser = one(r, likeChromium, likeFirefox, likeWebKit)
	l.options.Framing = l.browser.framing()
	l.options.Segments = bgfetch.SaveLimits{MinLength: 8 << 10, MaxLength: one[int64](r, 32<<10, 64<<10, 256<<10), MinTime: 50 * time.Millisecond, MaxTime: 400 * time.Millisecond}
	if chance(r, 60) {
		l.options.Ranges = pace.Policy{MinBody: 50_000, MinPart: 10_000, MinTime: time.Millisecond, PartTime: one[time.Duration](r, time.Second, time.Minute), Unproved: 50_000, Window: 50 * time.Millisecond, Gain: -1, Multiplexed: 5}
	}
	l.options.OnLog = func(e bgfetch.LogEntry) {
		record := -1
		if e.Record != nil {
			record = *e.Record
		}
		if e.Event == bgfetch.LogRemains {
			begun, left := strings.HasPrefix(e.Detail, "it starts"), strings.HasSuffix(e.Detail, "try")
			l.count(nil, 0, fmt.Sprintf("remains: begun %v, left %v", begun, left))
		}
		l.tell(e.ID, "  %s record %d: %s %s %d %s", e.ID, record, e.Event, e.Range, e.Status, e.Detail)
	}
	l.options.Remains = library.DefaultRemains
	l.options.Remains.MinBytes = 10_000
	if chance(r, 50) {
		l.network.StoreTime = func(n int) time.Duration { return time.Duration(n*37%90) * time.Millisecond }
	}
	if !l.good && chance(r, 5) {
		l.bodies.Quota = 1 + r.Int64N(mib)
		l.bodies.HideRoom = chance(r, 50)
	}
	l.world.events.OnDispatch = l.dispatched
	l.bodies.OnPut = l.put
	for i := range 1 + r.IntN(3) {
		l.fetches = append(l.fetches, l.randomFetch(i))
	}
	l.randomEvents()
	if chance(r, 30) {
		l.world.events.OnRefresh = l.refresh
		l.randomExpiries()
	}
	return l
}

func (l *life) randomFetch(i int) *livesFetch {
	r := l.r
	f := &livesFetch{}
	if i > 0 {
		f.at = time.Duration(r.IntN(5000)) * time.Millisecond
	}
	for j := range one(r, 1, 1, 2, 1+r.IntN(4)) {
		cross := chance(r, 40)
		url := fmt.Sprintf("https://site.test/%d/%d", i, j)
		if cross {
			url = fmt.Sprintf("https://other%d.test/%d/%d", r.IntN(2), i, j)
		}
		s := newLivesServer(r, url, cross, l.good)
		l.servers[url] = s
		var requests atomic.Int64
		l.handle(url, func(init bgfetch.TransferInit) response {
			n := int(requests.Add(1))
			got, a := l.browser.receive(s, n, init)
			l.tell(f.init.ID, "  %s request %d, %d-%d %v: %v; seen: %v", url, n, init.RangeStart, init.RangeEnd, init.Ranged, a, got.Head.Headers)
			return got
		})
		f.servers = append(f.servers, s)
		urls := fetchInit(fmt.Sprint(i), url)
		request := urls.Requests[0]
		body := s.files[r.IntN(len(s.files))].body
		if chance(r, 10) {
			request.Integrity = sri256(body)
		}
		if chance(r, 10) && len(body) > 0 {
			request.Pieces = &bgfetch.Pieces{Length: 64 << 10}
			for piece := range slices.Chunk(body, 64<<10) {
				request.Pieces.Hashes = append(request.Pieces.Hashes, sri256(piece))
			}
		}
		f.init.Requests = append(f.init.Requests, request)
		f.init.UniqueID, f.init.ID = urls.UniqueID, urls.ID
	}
	f.init.Priority = one(r, "", bgfetch.PriorityHigh, bgfetch.PriorityLow)
	if chance(r, 20) {
		f.init.MaxBandwidth = one[int64](r, 20_000, 100_000, 400_000)
	}
	if !l.good && chance(r, 10) {
		f.init.DownloadTotal = 1 + r.Int64N(mib)
	}
	return f
}

// handle answers for a URL, also where it is signed anew.
func (l *life) handle(url string, answer func(bgfetch.TransferInit) response) {
	for _, url := range []string{url, url + signedAnew} {
		l.network.Handle(url, func(_ int, init bgfetch.TransferInit) response {
			if token := l.token.Load(); token > 0 && bgfetch.HeaderValue(init.Request.Headers, "Authorization") != fmt.Sprint(token) {
				return response{Head: bgfetch.Head{URL: url, Type: "basic", Status: []int{401, 403, 404, 410}[token%4]}, Body: []byte("expired")}
			}
			return answer(init)
		})
	}
}

const signedAnew = "?signed=anew"

// again makes background fetches that failed once more, with the same URLs or other ones for
// the same files, and says whether there were any. Some of what they left is gone.
func (l *life) again() bool {
	any := false
	for _, f := range l.fetches {
		if !f.failed || f.aborted {
			continue
		}
		any = true
		l.agains++
		l.mu.Lock()
		f.failed, f.ended, f.reads = false, false, nil
		l.mu.Unlock()
		f.init.UniqueID += "-again"
		f.init.Requests = slices.Clone(f.init.Requests)
		for i := range f.init.Requests {
			if request := &f.init.Requests[i]; chance(l.r, 50) {
				url, signed := strings.CutSuffix(request.URL, signedAnew)
				if !signed {
					url += signedAnew
				}
				request.URL = url
			}
		}
		if caches, _ := l.bodies.UniqueIDs(context.Background()); chance(l.r, 20) && len(caches) > 0 {
			l.evictions.Add(1)
			l.lost = true
			l.bodies.LoseSegment(one(l.r, caches...))
		}
		if chance(l.r, 30) {
			l.killedAtWrite(livesEvent{name: one(l.r, "kill before a write", "kill inside a write"), n: l.r.IntN(20)})
		}
		l.make(f)
		l.revive()
	}
	return any
}

// tell adds a line to the log of the life, on a background fetch or "" for all.
func (l *life) tell(id, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, livesLine{id, fmt.Sprintf("%9.3f ", time.Since(l.begun).Seconds()) + fmt.Sprintf(format, args...)})
}

// fault says that something is wrong.
func (l *life) fault(id, format string, args ...any) {
	l.tell(id, "WRONG: "+format, args...)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, livesLine{id, fmt.Sprintf(format, args...)})
}

// story is all that helps to understand the life: where it is wrong, that of what is.
func (l *life) story() string {
	tells := func(id string) bool {
		is := func(line livesLine) bool { return line.id == "" || line.id == id }
		return id == "" || len(l.wrong) == 0 || slices.ContainsFunc(l.wrong, is)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %s, good %v, segments %+v, ranges %+v, quota %d, ends %v\n", l.seed, l.browser, l.good, l.options.Segments, l.options.Ranges, l.bodies.Quota, l.ends)
	for _, f := range l.fetches {
		if !tells(f.init.ID) {
			continue
		}
		fmt.Fprintf(&b, "fetch %s at %v: %+v, downloadTotal %d\n", f.init.ID, f.at, f.init.NetworkOptions, f.init.DownloadTotal)
		for i, s := range f.servers {
			fmt.Fprintf(&b, " record %d, integrity %v, pieces %v: %v\n", i, f.init.Requests[i].Integrity != "", f.init.Requests[i].Pieces != nil, s)
		}
	}
	for _, e := range l.events {
		fmt.Fprintf(&b, "event %v\n", e)
	}
	lines := slices.DeleteFunc(slices.Clone(l.lines), func(line livesLine) bool { return !tells(line.id) })
	for i, line := range lines {
		if i < 300 || len(lines)-i < 100 {
			b.WriteString(line.text + "\n")
		}
	}
	for _, wrong := range l.wrong {
		fmt.Fprintf(&b, "WRONG: %s: %s\n", wrong.id, wrong.text)
	}
	return b.String()
}

// perform makes the background fetches, and what happens to them.
func (l *life) perform() {
	type moment struct {
		at time.Duration
		do func()
	}
	var moments []moment
	for _, f := range l.fetches {
		moments = append(moments, moment{f.at, func() { l.make(f) }})
	}
	for _, e := range l.events {
		moments = append(moments, moment{e.at, func() {
			l.tell("", "event %v", e)
			e.do(l, e)
		}})
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return int(a.at - b.at) })
	for _, m := range moments {
		time.Sleep(time.Until(l.begun.Add(m.at)))
		l.revive()
		m.do()
	}
}

// make calls fetch(), once: who calls it again would not know whether it is a second one.
func (l *life) make(f *livesFetch) {
	_, err := l.engine.Fetch(context.Background(), f.init)
	f.made = err == nil
	if err != nil {
		l.tell(f.init.ID, "fetch: %v", err)
	}
}

// revive starts a worker where the last one has died.
func (l *life) revive() {
	for {
		select {
		case <-l.engine.Done():
			l.tell("", "the worker is dead, and starts again")
			l.kill()
			l.start()
		default:
			return
		}
	}
}

// longest is how long a life may take once nothing more happens to it, and no background fetch gets
// further than it has ever been: 2 MB by 1,000 bytes at a time, of which most are refused, take 7 hours.
const longest = 6 * time.Hour

// finish lets all background fetches end.
func (l *life) finish() {
	l.network.SetOnline(true)
	l.network.SetDown(false)
	l.tell("", "nothing more happens to it")
	furthest := map[string]int64{}
	for progress := time.Now(); time.Since(progress) < longest; {
		l.revive()
		active := l.engine.Active()
		for _, snapshot := range active {
			if snapshot.Downloaded > furthest[snapshot.UniqueID] {
				furthest[snapshot.UniqueID], progress = snapshot.Downloaded, time.Now()
			}
			if snapshot.Paused {
				_ = l.engine.Resume(snapshot.UniqueID)
			}
		}
		time.Sleep(5 * time.Second)
		if stored, err := l.store.Load(context.Background()); err == nil && len(stored) == 0 && len(active) == 0 {
			break
		}
	}
	synctest.Wait()
}
