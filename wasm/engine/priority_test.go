package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// fetchMany fetches count files, each of which takes a second, of one host.
func (w *world) fetchMany(id string, count int, priority bgfetch.Priority) (uniqueID string, bodies [][]byte) {
	w.t.Helper()
	var urls []string
	for i := range count {
		url := fmt.Sprintf("https://site.test/%s/%d", id, i)
		urls = append(urls, url)
		size := 1 << 20
		if count > 20 {
			size = 1 << 14 // so many need not be large to be many
		}
		bodies = append(bodies, w.serve(url, size, func(r *resource) { r.Rate = size }))
	}
	return w.fetchWith(id, urls[0], func(init *bgfetch.FetchInit) {
		*init = fetchInit(id, urls...)
		init.Priority = priority
	}).UniqueID, bodies
}

// begun are the requests so far by the first letter of the id.
func (w *world) begun() string {
	var order strings.Builder
	for _, request := range w.network.Requests() {
		order.WriteByte(strings.TrimPrefix(request.Request.URL, "https://site.test/")[0])
	}
	return order.String()
}

func TestHigherPriorityGoesFirst(t *testing.T) {
	run(t, func(w *world) {
		w.fetchMany("normal", 10, "")
		time.Sleep(100 * time.Millisecond)
		w.fetchMany("high", 5, bgfetch.PriorityHigh)
		w.fetchMany("low", 5, bgfetch.PriorityLow)
		time.Sleep(time.Hour)
		// Five begin at a time, in no order among themselves. The five that had begun are stopped;
		// the low one has its first turn after eight others.
		order := w.begun()
		if len(order) != 25 {
			t.Fatalf("%d requests, want 25: %s", len(order), order)
		}
		for i, low := range []int{0, 0, 1, 0, 4} {
			if five := order[5*i : 5*i+5]; strings.Count(five, "l") != low || (i == 1) != (five == "hhhhh") {
				t.Errorf("the requests came in the order %s", order)
			}
		}
		for _, id := range []string{"normal", "high", "low"} {
			if d := w.result(id); d.Snapshot.Result != bgfetch.ResultSuccess {
				t.Errorf("%q: %+v", id, d.Snapshot)
			}
		}
	})
}

func TestHigherPriorityTakesThePlaceAndKeepsTheBytes(t *testing.T) {
	run(t, func(w *world) {
		_, bodies := w.fetchMany("low", 5, bgfetch.PriorityLow)
		time.Sleep(500 * time.Millisecond)
		w.fetchMany("high", 2, bgfetch.PriorityHigh)
		time.Sleep(1450 * time.Millisecond)
		if d := w.result("high"); d.Snapshot.Result != bgfetch.ResultSuccess {
			t.Errorf("after the time that it takes alone: %+v", d.Snapshot)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("low", bodies...)
		resumed := 0
		for _, request := range w.network.Requests() {
			if request.RangeStart > 0 {
				resumed++
			}
			want := "low"
			if strings.Contains(request.Request.URL, "high") {
				want = ""
			}
			if string(request.Priority) != want {
				t.Errorf("%s: the browser is told %q", request.Request.URL, request.Priority)
			}
		}
		if n := len(w.network.Requests()); n != 9 || resumed != 2 {
			t.Errorf("%d requests, %d of which went on; want 9, and the two that were stopped", n, resumed)
		}
	})
}

// What cannot be continued is not stopped: its bytes would be lost.
func TestHigherPriorityStopsNothingThatWouldBeginAgain(t *testing.T) {
	run(t, func(w *world) {
		w.options.MaxTransfers = 1
		w.kill()
		w.start()
		gzip := bgfetchtest.Resource{Body: randomBytes(4 << 20), Rate: 1 << 20}
		w.network.Handle(siteB, func(_ int, init bgfetch.TransferInit) response {
			r := gzip.Respond(init)
			r.Head.Headers = append(r.Head.Headers, bgfetch.Header{"Content-Encoding", "gzip"})
			return r
		})
		w.fetchWith("low", siteB, func(init *bgfetch.FetchInit) { init.Priority = bgfetch.PriorityLow })
		time.Sleep(time.Second)
		w.fetchMany("high", 1, bgfetch.PriorityHigh)
		time.Sleep(time.Minute)
		w.wantSuccess("low", gzip.Body)
		if n := len(w.network.Requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestNoPriorityStarves(t *testing.T) {
	for _, transfers := range []int{1, 5} {
		run(t, func(w *world) {
			w.options.MaxTransfers = transfers
			w.kill()
			w.start()
			w.fetchMany("high", 200, bgfetch.PriorityHigh)
			w.fetchMany("normal", 5, bgfetch.PriorityNormal)
			w.fetchMany("low", 5, bgfetch.PriorityLow)
			time.Sleep(time.Duration(150/transfers) * time.Second)
			if _, active := w.engine.Get("high"); !active {
				t.Fatal("the high one should still run")
			}
			for _, id := range []string{"normal", "low"} {
				if d := w.result(id); d.Snapshot.Result != bgfetch.ResultSuccess {
					t.Errorf("%q: %+v", id, d.Snapshot)
				}
			}
			order := w.begun()
			for i := 0; i+8 <= strings.LastIndex(order, "l"); i++ {
				if highs := strings.Count(order[i:i+8], "h"); highs < 5 {
					t.Fatalf("only %d of 8 requests were of high priority: %s", highs, order)
				}
			}
			time.Sleep(time.Hour)
			if n := len(w.network.Requests()); n != 210 {
				t.Errorf("%d requests for 210 records: something was stopped in its turn", n)
			}
		})
	}
}

func TestPriorityIsChangedAndSurvivesRestart(t *testing.T) {
	run(t, func(w *world) {
		var urls []string
		for i := range 20 {
			urls = append(urls, fmt.Sprintf("https://site.test/first/%d", i))
			w.serve(urls[i], 1<<20, slow)
		}
		w.fetch("first", urls...)
		later, _ := w.fetchMany("later", 20, bgfetch.PriorityLow)
		if s, _ := w.engine.Get("first"); s.Priority != bgfetch.PriorityNormal {
			t.Errorf("the default is told as %q", s.Priority)
		}
		high := bgfetch.PriorityHigh
		if ok, err := w.engine.SetOptions(later, bgfetch.NetworkOptionsInit{Priority: &high}); !ok || err != nil {
			t.Fatal(ok, err)
		}
		w.kill()
		w.start()
		if s, _ := w.engine.Get("later"); s.Priority != high {
			t.Errorf("after a restart it is %q", s.Priority)
		}
		time.Sleep(6 * time.Second)
		if d := w.result("later"); d.Snapshot.Result != bgfetch.ResultSuccess {
			t.Errorf("%+v", d.Snapshot)
		}
		if _, active := w.engine.Get("first"); !active {
			t.Error("the other one was as fast")
		}
		if ok, err := w.engine.SetOptions(later, bgfetch.NetworkOptionsInit{}); ok || (err != nil && !errors.Is(err, bgfetch.ErrUnknown)) {
			t.Errorf("of one that has settled: %v, %v", ok, err)
		}
	})
}
