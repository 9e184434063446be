package faultserver

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWholeResource(t *testing.T) {
	server, url := start(t)
	answer := get(t, url+"/file/a?size=300000&seed=7&type=audio/wav", "Origin", "http://there.example")
	wantStatus(t, answer, 200)
	wantContent(t, answer, 7, 0, 300000)
	wantHeader(t, answer, "Content-Length", "300000")
	wantHeader(t, answer, "Content-Type", "audio/wav")
	wantHeader(t, answer, "Cache-Control", "no-store")
	wantHeader(t, answer, "Accept-Ranges", "bytes")
	wantHeader(t, answer, "Access-Control-Allow-Origin", "")
	if answer.Header.Get("ETag") == "" || answer.Header.Get("Last-Modified") == "" {
		t.Error("no validators:", answer.Header)
	}
	if got, want := hashOf(answer.body), string(get(t, url+"/__sha256__?size=300000&seed=7").body); got != want {
		t.Errorf("hash %s, the server says %s", got, want)
	}
	entry := lastEntry(t, server, "a")
	if entry.Method != "GET" || entry.Status != 200 || entry.BytesSent != 300000 ||
		entry.Outcome != Complete || entry.Origin != "http://there.example" {
		t.Errorf("%+v", entry)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	_, url := start(t)
	answer, err := do(t, http.MethodHead, url+"/file/a?size=300000", nil)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, answer, 200)
	wantHeader(t, answer, "Content-Length", "300000")
}

func TestRanges(t *testing.T) {
	_, url := start(t)
	for _, test := range []struct {
		header     string
		status     int
		start, end int64
		says       string
	}{
		{"bytes=0-", 206, 0, 1000, "bytes 0-999/1000"},
		{"bytes=10-", 206, 10, 1000, "bytes 10-999/1000"},
		{"bytes=10-19", 206, 10, 20, "bytes 10-19/1000"},
		{"bytes=10-5000", 206, 10, 1000, "bytes 10-999/1000"},
		{"bytes=-10", 206, 990, 1000, "bytes 990-999/1000"},
		{"bytes=-5000", 206, 0, 1000, "bytes 0-999/1000"},
		{"bytes=999-", 206, 999, 1000, "bytes 999-999/1000"},
		{"bytes=1000-", 416, 0, 0, "bytes */1000"},
		{"bytes=-0", 416, 0, 0, "bytes */1000"},
		{"bytes=20-10", 200, 0, 1000, ""},
		{"bytes=1-2,4-5", 200, 0, 1000, ""},
		{"bytes=x-", 200, 0, 1000, ""},
		{"lines=1-", 200, 0, 1000, ""},
	} {
		answer := get(t, url+"/file/a?size=1000&seed=3", "Range", test.header)
		if answer.StatusCode != test.status {
			t.Errorf("%s: status %d, want %d", test.header, answer.StatusCode, test.status)
		}
		wantHeader(t, answer, "Content-Range", test.says)
		if test.status != 416 {
			wantContent(t, answer, 3, test.start, test.end)
		}
	}
	wantHeader(t, get(t, url+"/file/empty", "Range", "bytes=0-"), "Content-Range", "bytes */0")
}

func TestIfRange(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=1000&etagafter=1"
	first := get(t, url)
	answer := get(t, url, "Range", "bytes=5-", "If-Range", first.Header.Get("ETag"))
	wantStatus(t, answer, 200)
	answer = get(t, url, "Range", "bytes=5-", "If-Range", answer.Header.Get("ETag"))
	wantStatus(t, answer, 206)
	answer = get(t, url, "Range", "bytes=5-", "If-Range", answer.Header.Get("Last-Modified"))
	wantStatus(t, answer, 206)
}

func TestHowItIsSent(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=1000"
	chunked := get(t, url+"&chunked=1")
	wantHeader(t, chunked, "Content-Length", "")
	wantContent(t, chunked, 0, 0, 1000)
	wantStatus(t, get(t, url+"&norange=1", "Range", "bytes=10-"), 200)
	wantHeader(t, get(t, url+"&norange=1"), "Accept-Ranges", "")
	wantHeader(t, get(t, url+"&noetag=1"), "ETag", "")
	wantHeader(t, get(t, url+"&nolastmod=1"), "Last-Modified", "")
	wantHeader(t, get(t, url+"&cachecontrol=max-age%3D60"), "Cache-Control", "max-age=60")
	if etag := get(t, url+"&weaketag=1").Header.Get("ETag"); !strings.HasPrefix(etag, `W/"`) {
		t.Errorf("ETag %s is not weak", etag)
	}
	redirected := get(t, url+"&redirect=/elsewhere%3Fx%3D1")
	wantStatus(t, redirected, 302)
	wantHeader(t, redirected, "Location", "/elsewhere?x=1")
}

func TestRateAndDelay(t *testing.T) {
	_, url := start(t)
	began := time.Now()
	get(t, url+"/file/a?size=20000&rate=100000")
	if took := time.Since(began); took < 150*time.Millisecond || took > 5*time.Second {
		t.Errorf("20000 bytes at 100000 bytes/s took %v", took)
	}
	began = time.Now()
	get(t, url+"/file/a?size=20&delay=100")
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("a delay of 100 ms took %v", took)
	}
}

func TestGzip(t *testing.T) {
	server, url := start(t)
	for _, chunked := range []string{"", "&chunked=1"} {
		answer := get(t, url+"/file/a?size=100000&text=1&seed=4&gzip=1"+chunked, "Accept-Encoding", "gzip")
		wantHeader(t, answer, "Content-Encoding", "gzip")
		if len(answer.body) > 60000 {
			t.Errorf("%d bytes of 100000 after encoding", len(answer.body))
		}
		if chunked == "" && answer.ContentLength != int64(len(answer.body)) {
			t.Errorf("Content-Length %d for %d bytes", answer.ContentLength, len(answer.body))
		}
		if sent := lastEntry(t, server, "a").BytesSent; sent != int64(len(answer.body)) {
			t.Errorf("logged %d bytes, %d arrived", sent, len(answer.body))
		}
		decoder, err := gzip.NewReader(bytes.NewReader(answer.body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(decoder)
		if err != nil || hashOf(text) != string(get(t, url+"/__sha256__?size=100000&text=1&seed=4").body) {
			t.Errorf("decoded %d bytes, error %v", len(text), err)
		}
	}
	ranged := get(t, url+"/file/a?size=1000&gzip=1", "Accept-Encoding", "gzip", "Range", "bytes=5-")
	wantStatus(t, ranged, 206)
	wantHeader(t, ranged, "Content-Encoding", "")
	wantHeader(t, get(t, url+"/file/a?size=1000&gzip=1", "Accept-Encoding", "identity"), "Content-Encoding", "")
}

func TestBrotli(t *testing.T) {
	_, url := start(t)
	for _, size := range []string{"0", "1", "65536", "300001"} {
		answer := get(t, url+"/file/a?seed=4&brotli=1&size="+size, "Accept-Encoding", "gzip, br")
		wantHeader(t, answer, "Content-Encoding", "br")
		if answer.ContentLength != int64(len(answer.body)) {
			t.Errorf("Content-Length %d for %d bytes", answer.ContentLength, len(answer.body))
		}
		content, err := io.ReadAll(&BrotliReader{Source: bytes.NewReader(answer.body)})
		if err != nil || hashOf(content) != string(get(t, url+"/__sha256__?seed=4&size="+size).body) {
			t.Errorf("decoded %d bytes of %s, error %v", len(content), size, err)
		}
	}
	wantHeader(t, get(t, url+"/file/a?size=1000&brotli=1", "Accept-Encoding", "gzip"), "Content-Encoding", "")
}

func TestCorrupt(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=300000&corrupt=200000"
	right := Content{Length: 300000}
	for i, want := range []int{1, 0} {
		differ := 0
		for offset, b := range get(t, url).body {
			var p [1]byte
			_, _ = right.ReadAt(p[:], int64(offset))
			if b != p[0] {
				differ++
			}
		}
		if differ != want {
			t.Errorf("request %d: %d wrong bytes, want %d", i+1, differ, want)
		}
	}
}

func TestCORS(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=10&cors=1"
	wantHeader(t, get(t, url), "Access-Control-Allow-Origin", "*")
	wantHeader(t, get(t, url), "Access-Control-Expose-Headers", "")
	wantHeader(t, get(t, url+"&expose=ETag,Content-Range"), "Access-Control-Expose-Headers", "ETag,Content-Range")
	preflight, err := do(t, http.MethodOptions, url, nil,
		"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-a, x-b")
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, preflight, 204)
	wantHeader(t, preflight, "Access-Control-Allow-Methods", "PUT")
	wantHeader(t, preflight, "Access-Control-Allow-Headers", "x-a, x-b")
	after := strings.Replace(url, "/a", "/b", 1) + "&corsafter=1"
	wantHeader(t, get(t, after), "Access-Control-Allow-Origin", "*")
	wantHeader(t, get(t, after), "Access-Control-Allow-Origin", "")
}

func TestUnknownParametersAreNamed(t *testing.T) {
	_, url := start(t)
	answer := get(t, url+"/file/a?size=10&cutt=5&rate=fast&rangefault=odd&chunked=yes&status=7")
	wantStatus(t, answer, 400)
	for _, name := range []string{"cutt", "rate", "rangefault", "chunked", "status"} {
		if !strings.Contains(string(answer.body), `"`+name+`"`) {
			t.Errorf("%q is not in: %s", name, answer.body)
		}
	}
}

func TestMountedSource(t *testing.T) {
	server, url := start(t)
	if err := server.Mount("/clip.wav", "clip", "type=audio/wav&noetag=1", bytes.NewReader([]byte("some sound"))); err != nil {
		t.Fatal(err)
	}
	answer := get(t, url+"/clip.wav?type=audio/x-wav", "Range", "bytes=5-")
	wantStatus(t, answer, 206)
	wantHeader(t, answer, "Content-Type", "audio/x-wav")
	wantHeader(t, answer, "ETag", "")
	if string(answer.body) != "sound" {
		t.Errorf("%q", answer.body)
	}
	if sum := string(get(t, url+"/__sha256__?name=clip").body); sum != hashOf([]byte("some sound")) {
		t.Error(sum)
	}
	if err := server.Mount("/x", "x", "typo=1", bytes.NewReader(nil)); err == nil {
		t.Error("a wrong parameter went unnoticed")
	}
}
