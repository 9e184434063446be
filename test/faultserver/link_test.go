package faultserver

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLinkCarriesOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var links links
		begun := time.Now()
		after := func(name string, n int64) time.Duration { return links.carry(name, n, 1000).Sub(begun) }
		for _, step := range []struct {
			name string
			n    int64
			want time.Duration
		}{
			{"a", 500, 500 * time.Millisecond},
			{"a", 500, time.Second},
			{"b", 500, 500 * time.Millisecond}, // a link of its own
		} {
			if got := after(step.name, step.n); got != step.want {
				t.Errorf("%d bytes of %s have passed after %v, want %v", step.n, step.name, got, step.want)
			}
		}
		time.Sleep(1020 * time.Millisecond) // 20 ms late, which is made good
		if got, want := after("a", 500), 1500*time.Millisecond; got != want {
			t.Errorf("the bytes that came late have passed after %v, want %v", got, want)
		}
		time.Sleep(1980 * time.Millisecond) // a pause, of which 50 ms are
		if got, want := after("a", 500), 3450*time.Millisecond; got != want {
			t.Errorf("the bytes after a pause have passed after %v, want %v", got, want)
		}
	})
}

// together asks for all at the same time, and returns how long that took. A client has the last piece,
// of 20 ms, before the rate would let the next one go.
func together(t *testing.T, urls ...string) time.Duration {
	t.Helper()
	begun := time.Now()
	var group sync.WaitGroup
	for _, url := range urls {
		group.Go(func() {
			if answer, err := do(t, http.MethodGet, url, nil); err != nil || answer.bodyErr != nil {
				t.Errorf("%s: %v %v", url, err, answer.bodyErr)
			}
		})
	}
	group.Wait()
	return time.Since(begun)
}

func TestLinkIsForAllConnections(t *testing.T) {
	_, url := start(t)
	for _, test := range []struct{ what, one, other string }{
		{"one name", "a?", "a?"},
		{"two names of one link", "b?linkname=both&", "c?linkname=both&"},
		{"a name that has the link", "d?", "e?linkname=d&"},
	} {
		t.Run(test.what, func(t *testing.T) {
			resource := func(name string) string { return fmt.Sprintf("%s/file/%ssize=10000&link=100000", url, name) }
			if took := together(t, resource(test.one), resource(test.other)); took < 150*time.Millisecond {
				t.Errorf("it took %v, less than the link lets them", took)
			}
		})
	}
}

func TestRateIsForEachConnectionAndLinkForAll(t *testing.T) {
	_, url := start(t)
	const parameters = "?size=10000&rate=100000&link=150000"
	if took := together(t, url+"/file/alone"+parameters); took < 75*time.Millisecond {
		t.Errorf("one connection took %v, less than its rate lets it", took)
	}
	three := url + "/file/three" + parameters
	if took := together(t, three, three, three); took < 150*time.Millisecond {
		t.Errorf("three connections took %v, less than the link lets them", took)
	}
}

func TestDownBreaksAllConnections(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=1000000&rate=1000000&down=200000&downms=50"
	var group sync.WaitGroup
	group.Go(func() { // another connection, which does not come to the offset
		answer, err := do(t, http.MethodGet, url, nil, "Range", "bytes=300000-")
		if err == nil && answer.bodyErr == nil {
			t.Error("the other connection came through")
		}
	})
	getBroken(t, url, 200000)
	group.Wait()
	time.Sleep(60 * time.Millisecond)
	get(t, url, "Range", "bytes=999000-")
}
