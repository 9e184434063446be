package faultserver

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCutHappensOnceAtEachOffset(t *testing.T) {
	server, url := start(t)
	url += "/file/a?size=1000000&seed=7&cut=300000,700001"
	first := getBroken(t, url, 300000)
	wantContent(t, first, 7, 0, 300000)
	if entry := lastEntry(t, server, "a"); entry.Outcome != Cut || entry.BytesSent != 300000 {
		t.Errorf("%+v", entry)
	}
	second := getBroken(t, url, 400001, "Range", "bytes=300000-")
	wantContent(t, second, 7, 300000, 700001)
	third := get(t, url, "Range", "bytes=700001-")
	wantContent(t, third, 7, 700001, 1000000)
}

func TestCutCount(t *testing.T) {
	_, url := start(t)
	for range 2 {
		getBroken(t, url+"/file/twice?size=1000&cut=500&cutcount=2", 500)
	}
	get(t, url+"/file/twice?size=1000&cut=500&cutcount=2")
	for range 4 {
		getBroken(t, url+"/file/always?size=1000&cut=500&cutcount=0&chunked=1", 500)
	}
	getBroken(t, url+"/file/atonce?size=1000&cut=0", 0)
}

func TestTruncate(t *testing.T) {
	server, url := start(t)
	getBroken(t, url+"/file/a?size=1000&truncate=400", 400)
	if entry := lastEntry(t, server, "a"); entry.Outcome != Truncated || entry.BytesSent != 400 {
		t.Errorf("%+v", entry)
	}
	get(t, url+"/file/a?size=1000&truncate=400")
	if short := get(t, url+"/file/b?size=1000&truncate=400&chunked=1"); len(short.body) != 400 {
		t.Errorf("%d bytes, want 400 and a valid end", len(short.body))
	}
}

func TestStall(t *testing.T) {
	server, url := start(t)
	response, err := client.Get(url + "/file/a?size=1000000&stall=300000")
	if err != nil {
		t.Fatal(err)
	}
	received := 0
	for buffer := make([]byte, 65536); received < 300000; {
		n, err := response.Body.Read(buffer)
		received += n
		if err != nil {
			t.Fatal(err)
		}
	}
	for server.Log("a")[0].Outcome != Stalled {
		time.Sleep(time.Millisecond)
	}
	if entry := server.Log("a")[0]; entry.BytesSent != 300000 || entry.Ms != 0 {
		t.Errorf("%+v", entry)
	}
	response.Body.Close()
	if entry := lastEntry(t, server, "a"); entry.Outcome != Stalled {
		t.Errorf("%+v", entry)
	}
	get(t, url+"/file/a?size=1000000&stall=300000")
}

func TestWhatChangesAfterNRequests(t *testing.T) {
	_, url := start(t)
	for _, test := range []struct {
		parameters             string
		etag, lastModified     bool // whether it changes
		secondSeed, secondSize int64
	}{
		{"etagafter=1", true, false, 7, 1000},
		{"lastmodafter=1", false, true, 7, 1000},
		{"sizeafter=1", false, false, 7, 5096},
		{"sizeafter=1&newsize=700", false, false, 7, 700},
		{"replaceafter=1", true, true, 8, 1000},
	} {
		t.Run(test.parameters, func(t *testing.T) {
			resource := url + "/file/" + strings.ReplaceAll(test.parameters, "&", "+") + "?size=1000&seed=7&" + test.parameters
			first := get(t, resource)
			wantContent(t, first, 7, 0, 1000)
			for range 2 {
				second := get(t, resource)
				wantContent(t, second, uint64(test.secondSeed), 0, test.secondSize)
				if changed := second.Header.Get("ETag") != first.Header.Get("ETag"); changed != test.etag {
					t.Errorf("ETag changed: %v", changed)
				}
				if changed := second.Header.Get("Last-Modified") != first.Header.Get("Last-Modified"); changed != test.lastModified {
					t.Errorf("Last-Modified changed: %v", changed)
				}
			}
		})
	}
}

func TestStatus(t *testing.T) {
	_, url := start(t)
	for i, want := range []int{200, 200, 503, 503, 200} {
		answer := get(t, url+"/file/a?size=100&status=503&statusafter=2&statuscount=2&retryafter=4")
		if answer.StatusCode != want {
			t.Errorf("request %d: %d, want %d", i+1, answer.StatusCode, want)
		}
		if got := answer.Header.Get("Retry-After"); (got == "4") != (want == 503) {
			t.Errorf("request %d: Retry-After %q", i+1, got)
		}
		if _, err := do(t, http.MethodHead, url+"/file/a", nil); err != nil { // does not count
			t.Fatal(err)
		}
	}
	wantStatus(t, get(t, url+"/file/b?size=100&status=404"), 404)
	created := get(t, url+"/file/c?size=100&status=203")
	wantStatus(t, created, 203)
	wantContent(t, created, 0, 0, 100)
}

func TestCutHead(t *testing.T) {
	_, url := start(t)
	for i, wantErr := range []bool{true, true, false} {
		_, err := do(t, http.MethodGet, url+"/file/a?size=100&cuthead=2", nil)
		if (err != nil) != wantErr {
			t.Errorf("request %d: %v", i+1, err)
		}
	}
}

func TestRedirectAfter(t *testing.T) {
	_, url := start(t)
	target := url + "/file/a?size=100&redirect=/file/b%3Fsize%3D50&redirectafter=1"
	wantContent(t, get(t, target), 0, 0, 100)
	wantStatus(t, get(t, target), http.StatusFound)
}

func TestRangeFaults(t *testing.T) {
	_, url := start(t)
	for _, test := range []struct {
		fault, says string
		start, end  int64
	}{
		{"wrongstart", "bytes 11-999/1000", 11, 1000},
		{"wrongtotal", "bytes 10-999/1001", 10, 1000},
		{"unknowntotal", "bytes 10-999/*", 10, 1000},
		{"nocontentrange", "", 10, 1000},
		{"unparsable", "bytes what-ever/really", 10, 1000},
		{"short", "bytes 10-504/1000", 10, 505},
	} {
		resource := url + "/file/" + test.fault + "?size=1000&rangefaultcount=1&rangefault=" + test.fault
		wantStatus(t, get(t, resource), 200)
		answer := get(t, resource, "Range", "bytes=10-")
		wantStatus(t, answer, 206)
		wantHeader(t, answer, "Content-Range", test.says)
		wantContent(t, answer, 0, test.start, test.end)
		wantHeader(t, get(t, resource, "Range", "bytes=10-"), "Content-Range", "bytes 10-999/1000")
	}
	answer := get(t, url+"/file/m?size=1000&rangefault=multipart", "Range", "bytes=10-")
	wantStatus(t, answer, 206)
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "multipart/byteranges") ||
		!strings.Contains(string(answer.body), "Content-Range: bytes 10-999/1000") || len(answer.body) <= 990 {
		t.Errorf("%v %q", answer.Header, answer.body)
	}
}

func TestContentLengthThatLies(t *testing.T) {
	_, url := start(t)
	getBroken(t, url+"/file/a?size=1000&contentlength=1200", 1000)
	if short := get(t, url+"/file/b?size=1000&seed=7&contentlength=400"); short.ContentLength != 400 {
		t.Errorf("Content-Length: %d", short.ContentLength)
	} else {
		wantContent(t, short, 7, 0, 400)
	}
}

func TestDown(t *testing.T) {
	server, url := start(t)
	url += "/file/a?size=1000&down=400&downms=200"
	getBroken(t, url, 400)
	if _, err := do(t, http.MethodGet, url, nil); err == nil {
		t.Error("an answer of a server that is down")
	}
	time.Sleep(200 * time.Millisecond)
	get(t, url)
	if log := server.Log("a"); log[0].Outcome != Down || log[1].Outcome != Refused {
		t.Errorf("%+v", log)
	}
}

func TestRetryDateAndRedirectStatus(t *testing.T) {
	_, url := start(t)
	later := get(t, url+"/file/a?status=503&retrydate=90")
	date, err := http.ParseTime(later.Header.Get("Retry-After"))
	if left := time.Until(date); err != nil || left < 88*time.Second || left > 90*time.Second {
		t.Errorf("%v, %v", date, err)
	}
	wantStatus(t, get(t, url+"/file/b?redirect=/&redirectstatus=301"), http.StatusMovedPermanently)
}
