package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/httpapi"
)

const (
	fileURL  = "https://site.test/file"
	length   = 1 << 20
	modified = "Mon, 02 Jan 2023 03:04:05 GMT"
)

// serveFile runs a test with a handler over an engine that is fetching fileURL,
// of 1 MiB, at 256 KiB/s: the background fetch "i", whose unique id is "u1".
func serveFile(t *testing.T, file bgfetchtest.Resource, contentType string, test func(t *testing.T, h http.Handler)) {
	t.Helper()
	file.Body, file.Rate = make([]byte, length), 1<<18
	serveOver(t, func(n *bgfetchtest.Network) {
		n.Handle(fileURL, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response {
			r := file.Respond(init)
			if contentType != "" {
				r.Head.Headers = append(r.Head.Headers, bgfetch.Header{"Content-Type", contentType})
			}
			if file.Type == "unknown" {
				r.Head.Headers = r.Head.Headers[1:]
			}
			return r
		})
	}, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", `{"uniqueId":"u1","id":"a/ü","requests":[{"url":"`+fileURL+`","method":"GET"}]}`, 201, nil)
		test(t, h)
	})
}

// get asks for a path; fields are names and values of header fields.
func get(h http.Handler, method, path string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const bodyPath = "/fetches/u1/records/0/body"

func TestBody(t *testing.T) {
	file := bgfetchtest.Resource{ETag: `"v1"`, LastModified: modified}
	serveFile(t, file, "video/webm", func(t *testing.T, h http.Handler) {
		for _, test := range []struct {
			method, fields string
			status         int
			from, to       int64 // -1: no bytes
			contentRange   string
		}{
			{"GET", "", 200, 0, length, ""},
			{"HEAD", "", 200, -1, -1, ""},
			{"GET", "Range: bytes=0-", 206, 0, length, "bytes 0-1048575/1048576"},
			{"GET", "Range: bytes=5-9", 206, 5, 10, "bytes 5-9/1048576"},
			{"HEAD", "Range: bytes=5-9", 200, -1, -1, ""}, // ranges are for GET alone
			{"HEAD", `Range: bytes=5-9|If-Range: "v1"`, 200, -1, -1, ""},
			{"GET", "Range: bytes=1000000-2000000", 206, 1000000, length, "bytes 1000000-1048575/1048576"},
			{"GET", "Range: bytes=-10", 206, length - 10, length, "bytes 1048566-1048575/1048576"},
			{"GET", "Range: bytes=-9999999", 206, 0, length, "bytes 0-1048575/1048576"},
			{"GET", "Range: bytes=1048576-", 416, -1, -1, "bytes */1048576"},
			{"GET", "Range: bytes=0-1,5-6", 200, 0, length, ""},
			{"GET", "Range: bytes=5-9,", 206, 5, 10, "bytes 5-9/1048576"},
			{"GET", "Range: Bytes=5-9", 206, 5, 10, "bytes 5-9/1048576"},
			{"GET", "Range: bytes=-0", 416, -1, -1, "bytes */1048576"},
			{"GET", "Range: lines=0-1", 200, 0, length, ""},
			{"GET", "Range: bytes", 200, 0, length, ""},
			{"GET", "Range: bytes=", 200, 0, length, ""},
			{"GET", "Range: bytes=9-5", 200, 0, length, ""},
			{"GET", "Range: bytes=x-9", 200, 0, length, ""},
			{"GET", `Range: lines=0-1|If-Range: "v1"`, 200, 0, length, ""},
			{"GET", `Range: bytes=5-9|If-Range: "v1`, 200, 0, length, ""},
			{"GET", `Range: bytes=5-9|If-Range: "v1", "v2"`, 200, 0, length, ""},
			{"GET", `Range: bytes=1048576-|If-Range: "v2"`, 200, 0, length, ""},
			{"GET", `Range: bytes=5-9|If-Range: "v1"`, 206, 5, 10, "bytes 5-9/1048576"},
			{"GET", `Range: bytes=5-9|If-Range: "v2"`, 200, 0, length, ""},
			{"GET", `Range: bytes=5-9|If-Range: W/"v1"`, 200, 0, length, ""},
			{"GET", "Range: bytes=5-9|If-Range: " + modified, 206, 5, 10, "bytes 5-9/1048576"},
			{"GET", "Range: bytes=5-9|If-Range: Mon, 02 Jan 2023 03:04:06 GMT", 200, 0, length, ""},
			{"GET", `If-None-Match: "v1"`, 304, -1, -1, ""},
			{"GET", `If-Match: "v2"`, 412, -1, -1, ""},
			{"GET", "Sec-Fetch-Dest: video", 200, 0, length, ""},
			{"GET", "Sec-Fetch-Dest: script", 403, -1, -1, ""},
			{"GET", "Sec-Fetch-Dest: worker", 403, -1, -1, ""},
			{"GET", "Sec-Fetch-Dest: embed", 403, -1, -1, ""},
		} {
			var fields []string
			for field := range strings.SplitSeq(test.fields, "|") {
				if name, value, ok := strings.Cut(field, ": "); ok {
					fields = append(fields, name, value)
				}
			}
			w := get(h, test.method, bodyPath, fields...)
			what := test.method + " " + test.fields
			if w.Code != test.status {
				t.Errorf("%s: status %d, want %d: %s", what, w.Code, test.status, w.Body)
				continue
			}
			header := w.Header()
			if got := header.Get("Content-Range"); got != test.contentRange {
				t.Errorf("%s: Content-Range %q, want %q", what, got, test.contentRange)
			}
			wantServed(t, what, w, test.from, test.to)
			if test.status >= 300 {
				continue
			}
			for name, want := range map[string]string{
				"ETag": `"v1"`, "Last-Modified": modified, "Accept-Ranges": "bytes", "Content-Type": "video/webm",
				"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Disposition": "",
			} {
				if got := header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", what, name, got, want)
				}
			}
			if !strings.HasPrefix(header.Get("Content-Security-Policy"), "sandbox;") {
				t.Errorf("%s: Content-Security-Policy %q", what, header.Get("Content-Security-Policy"))
			}
		}
	})
}

// wantServed checks which bytes of u1 an answer names; from is -1 for none.
func wantServed(t *testing.T, what string, w *httptest.ResponseRecorder, from, to int64) {
	t.Helper()
	wantServedOf(t, "u1", what, w, from, to)
}

func wantServedOf(t *testing.T, uniqueID, what string, w *httptest.ResponseRecorder, from, to int64) {
	t.Helper()
	if field := w.Header().Get(httpapi.StoredBodyField); (field != "") != (from >= 0) {
		t.Errorf("%s: %s: %q", what, httpapi.StoredBodyField, field)
		return
	}
	if from < 0 {
		return
	}
	part := onlyPart(t, w)
	part.First = nil // see TestFirstPlan
	want := httpapi.Part{Plan: "fetches/" + uniqueID + "/records/0/plan?generation=0", From: from, To: to}
	if !reflect.DeepEqual(part, want) {
		t.Errorf("%s: %+v, want %+v", what, part, want)
	}
}

// onlyPart is the one part of a body that is served.
func onlyPart(t *testing.T, w *httptest.ResponseRecorder) httpapi.Part {
	t.Helper()
	var body httpapi.ServedBody
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || len(body.Parts) != 1 {
		t.Fatalf("%v, %d parts in %s", err, len(body.Parts), w.Body)
	}
	return body.Parts[0]
}

// TestFirstPlan: an answer that serves a body says where the bytes are that are stored, so that
// nothing more is asked of the program before these are sent.
func TestFirstPlan(t *testing.T) {
	serveFile(t, bgfetchtest.Resource{ETag: `"v1"`}, "video/webm", func(t *testing.T, h http.Handler) {
		time.Sleep(time.Minute) // the other one is done with
		call(t, h, "POST", "/fetches", `{"uniqueId":"u2","id":"kept","keep":true,"requests":["`+fileURL+`"]}`, 201, nil)
		const path = "/fetches/u2/records/0/body"
		if first := onlyPart(t, get(h, "GET", path)).First; first != nil {
			t.Errorf("before anything is stored: %+v", first)
		}
		time.Sleep(2500 * time.Millisecond)
		first, now := onlyPart(t, get(h, "GET", path)).First, planFrom0(t, h)
		if first == nil || first.End || !reflect.DeepEqual(*first, now) {
			t.Errorf("while it comes: %+v, want %+v", first, now)
		}
		if first := onlyPart(t, get(h, "GET", path, "Range", "bytes=1048575-")).First; first != nil {
			t.Errorf("of bytes that are still to come: %+v", first)
		}
		time.Sleep(time.Minute)
		whole := planFrom0(t, h)
		if !whole.End || len(whole.Segments) < 3 {
			t.Fatalf("when all is there: %+v", whole)
		}
		second, last := whole.Segments[1], len(whole.Segments)-1
		for _, test := range []struct {
			what     string
			from, to int64 // to is the last byte
			segments []bgfetch.PlanSegment
			end      bool
		}{
			{"all", 0, length - 1, whole.Segments, true},
			{"the last byte", length - 1, length - 1, whole.Segments[last:], true},
			{"the first byte", 0, 0, whole.Segments[:1], false},
			{"the second segment", second.Offset, second.Offset + second.Length - 1, whole.Segments[1:2], false},
			{"a byte more on each side", second.Offset - 1, second.Offset + second.Length, whole.Segments[:3], last == 2},
		} {
			w := get(h, "GET", path, "Range", fmt.Sprintf("bytes=%d-%d", test.from, test.to))
			want := bgfetch.Plan{Cache: whole.Cache, Segments: test.segments, End: test.end}
			if first := onlyPart(t, w).First; first == nil || !reflect.DeepEqual(*first, want) {
				t.Errorf("%s: %+v, want %+v", test.what, first, want)
			}
		}
	})
	serveFile(t, bgfetchtest.Resource{Type: "unknown"}, "", func(t *testing.T, h http.Handler) {
		time.Sleep(3 * time.Second)
		part := onlyPart(t, get(h, "GET", bodyPath))
		if part.To != -1 || part.First == nil || len(part.First.Segments) == 0 || part.First.End {
			t.Errorf("of a body whose length is not known: %+v", part)
		}
	})
}

// planFrom0 is the plan of all of u2.
func planFrom0(t *testing.T, h http.Handler) (plan bgfetch.Plan) {
	t.Helper()
	call(t, h, "GET", "/fetches/u2/records/0/plan?generation=0&from=0", "", 200, &plan)
	return plan
}

func TestBodyOfUnknownLength(t *testing.T) {
	serveFile(t, bgfetchtest.Resource{Type: "unknown"}, "text/html", func(t *testing.T, h http.Handler) {
		w := get(h, "GET", bodyPath, "Range", "bytes=5-9")
		if w.Code != 200 || w.Header().Get("Accept-Ranges") != "none" || w.Header().Get("Content-Length") != "" {
			t.Errorf("while it comes: %d %v", w.Code, w.Header())
		}
		wantServed(t, "while it comes", w, 0, -1)
		if got := w.Header().Get("Content-Disposition"); got != "attachment" {
			t.Errorf("HTML has the Content-Disposition %q", got)
		}
		if w := get(h, "GET", bodyPath, "Sec-Fetch-Dest", "iframe"); w.Code != 403 {
			t.Errorf("HTML in a frame: %d", w.Code)
		}
		if w := get(h, "GET", bodyPath+"?download", "Sec-Fetch-Dest", "iframe"); w.Code != 200 {
			t.Errorf("HTML that is saved by a frame: %d", w.Code)
		}
		if got := w.Header().Get("ETag"); got != `"u1.0.0"` {
			t.Errorf("an ETag of our own: %q", got)
		}
	})
}

func TestBodyByID(t *testing.T) {
	serveFile(t, bgfetchtest.Resource{}, "", func(t *testing.T, h http.Handler) {
		w := get(h, "GET", "/ids/a%2F%C3%BC/records/0/body")
		wantServed(t, "by id", w, 0, length)
		if got := w.Header().Get("Content-Type"); got != "application/octet-stream" {
			t.Errorf("Content-Type %q", got)
		}
		var s bgfetch.Snapshot
		if call(t, h, "GET", "/ids/a%2F%C3%BC", "", 200, &s); s.UniqueID != "u1" {
			t.Errorf("by id: %+v", s)
		}
		call(t, h, "GET", "/ids/a/%C3%BC", "", 404, nil)
		call(t, h, "GET", "/ids/other/records/0/body", "", 404, nil)
		call(t, h, "GET", "/fetches/u1/records/1/body", "", 404, nil)
		call(t, h, "GET", "/fetches/..%2Fu1/records/0/body", "", 404, nil)
		call(t, h, "GET", "/fetches//u1", "", 404, nil)
		// An encoded slash parts nothing, and leads nowhere else.
		for _, rest := range []string{
			"..%2F..%2Flist", "..%2F..%2F..%2Fpage.html", "%2E%2E%2F", "records%2F0%2Fbody", "records/0%2Fbody", "abort%2F..%2F", "..%5C", "%00",
		} {
			for _, named := range []string{"/ids/a%2F%C3%BC/", "/fetches/u1/"} {
				if w := get(h, "GET", named+rest); w.Code < 400 || w.Header().Get("Location") != "" {
					t.Errorf("%s%s: %d, Location %q", named, rest, w.Code, w.Header().Get("Location"))
				}
			}
		}
		call(t, h, "POST", bodyPath, "", 405, nil)
		call(t, h, "POST", "/ids/a%2F%C3%BC/abort", "", 200, nil)
		time.Sleep(time.Second)
		call(t, h, "GET", bodyPath, "", 404, nil)
	})
}

func TestBodyThatDoesNotCome(t *testing.T) {
	offline := func(n *bgfetchtest.Network) { n.SetOnline(false) }
	serveOver(t, offline, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", fetchBody, 201, nil)
		if header := call(t, h, "GET", bodyPath, "", 503, nil); header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
}

// TestGivenUp: whoever goes away while waiting leaves nothing that waits.
func TestGivenUp(t *testing.T) {
	offline := func(n *bgfetchtest.Network) { n.SetOnline(false) }
	serveOver(t, offline, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", fetchBody, 201, nil)
		synctest.Wait()
		before := bgfetchtest.Goroutines()
		begun := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		for range 100 {
			for _, path := range []string{
				bodyPath, "/body?url=" + url, "/fetches/u1/records/0?wait=head", "/fetches/u1/records/0/plan?generation=0&from=0&wait=1",
			} {
				waiting.Go(func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", path, nil)) })
			}
		}
		synctest.Wait()
		if during := bgfetchtest.Goroutines(); during < before+400 {
			t.Errorf("%d goroutines while they wait, %d before", during, before)
		}
		time.Sleep(time.Second)
		cancel()
		waiting.Wait()
		if took := time.Since(begun); took != time.Second {
			t.Errorf("they waited for %v", took)
		}
		synctest.Wait()
		if after := bgfetchtest.Goroutines(); after > before {
			t.Errorf("%d goroutines, %d before", after, before)
		}
	})
}

func TestSave(t *testing.T) {
	serveFile(t, bgfetchtest.Resource{LastModified: modified}, "text/html", func(t *testing.T, h http.Handler) {
		w := get(h, "GET", bodyPath+"?download", "Range", "bytes=5-")
		if got := w.Header().Get("Content-Disposition"); w.Code != 206 || got != "attachment; filename=file" {
			t.Errorf("download: %d, Content-Disposition %q", w.Code, got)
		}
		w = get(h, "GET", "/ids/a%2F%C3%BC/zip")
		if got := w.Header().Get("Content-Disposition"); w.Code != 200 || got != "attachment; filename*=utf-8''a_%C3%BC.zip" {
			t.Errorf("zip: %d, Content-Disposition %q", w.Code, got)
		}
		var body httpapi.ServedBody
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || len(body.Parts) != 3 || body.Parts[1].To != length {
			t.Errorf("zip: %v, %d parts", err, len(body.Parts))
		}
		call(t, h, "GET", "/fetches/u1/zip?record=1", "", 404, nil)
		call(t, h, "GET", "/fetches/u1/zip?record=x", "", 400, nil)
		call(t, h, "GET", "/fetches/u2/zip", "", 404, nil)
	})
	serveFile(t, bgfetchtest.Resource{Type: "unknown"}, "text/html", func(t *testing.T, h http.Handler) {
		call(t, h, "GET", "/fetches/u1/zip", "", 409, nil)
	})
}

func TestStartWithLittle(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		r := httptest.NewRequest("POST", "https://site.test/fetches", strings.NewReader(`{"id":"i","requests":["/a"]}`))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var s bgfetch.Snapshot
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != 201 || s.UniqueID == "" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if got := w.Header().Get("Location"); got != "fetches/"+s.UniqueID {
			t.Errorf("Location %q", got)
		}
		var record bgfetch.RecordSnapshot
		call(t, h, "GET", "/ids/i/records/0", "", 200, &record)
		if record.Request.URL != url || record.Request.Method != "GET" {
			t.Errorf("%+v", record.Request)
		}
	})
}
