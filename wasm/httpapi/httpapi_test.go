package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
	"background-fetch-wasm/wasm/httpapi"
)

const url = "https://site.test/a"

// serve runs a test with a handler over an engine whose network has one slow file
// of 1 MiB, in virtual time.
func serve(t *testing.T, test func(t *testing.T, h http.Handler)) {
	t.Helper()
	serveOver(t, func(*bgfetchtest.Network) {}, test)
}

// serveOver is serve with a network that is prepared first.
func serveOver(t *testing.T, prepare func(*bgfetchtest.Network), test func(t *testing.T, h http.Handler)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		bodies := bgfetchtest.NewMemoryBodies()
		network := bgfetchtest.NewNetwork(bodies)
		prepare(network)
		file := bgfetchtest.Resource{Body: make([]byte, 1<<20), Rate: 1 << 18}
		network.Handle(url, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response {
			r := file.Respond(init)
			r.Delay = time.Second
			return r
		})
		engine := engine.NewEngine(engine.Ports{
			Store: bgfetchtest.NewMemoryStore(), Bodies: bodies, Network: network, Events: &bgfetchtest.Events{},
		}, engine.Options{})
		ctx, cancel := context.WithCancel(context.Background())
		if err := engine.Start(ctx); err != nil {
			t.Fatal(err)
		}
		test(t, httpapi.New(engine))
		cancel()
		engine.Wait()
	})
}

// call sends a request and decodes the JSON of the reply into v, if given.
func call(t *testing.T, h http.Handler, method, path, body string, wantStatus int, v any) http.Header {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	if w.Code != wantStatus {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, w.Code, wantStatus, w.Body)
	}
	if cc := w.Header().Get("Cache-Control"); cc != "no-store" {
		t.Errorf("%s %s: Cache-Control %q", method, path, cc)
	}
	if v != nil {
		if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return w.Header()
}

const fetchBody = `{"uniqueId":"u1","id":"ä/ \"1\"","title":"T","downloadTotal":0,"requests":[{"url":"` + url + `","method":"GET","mode":"cors"}]}`

func TestFetchToEnd(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		var s bgfetch.Snapshot
		call(t, h, "POST", "/fetches", fetchBody, 201, &s)
		if s.ID != `ä/ "1"` || s.UniqueID != "u1" || !s.RecordsAvailable {
			t.Errorf("POST fetches: %+v", s)
		}
		var list struct{ Fetches []bgfetch.Snapshot }
		call(t, h, "GET", "/fetches", "", 200, &list)
		if len(list.Fetches) != 1 || list.Fetches[0].ID != s.ID {
			t.Errorf("GET fetches: %+v", list)
		}
		call(t, h, "GET", "/fetches?id=%C3%A4%2F+%221%22", "", 200, &s)
		call(t, h, "POST", "/ids", `{"id":"ä/ \"1\""}`, 200, &s)
		call(t, h, "POST", "/ids", `{"id":"ä"}`, 404, nil)
		call(t, h, "GET", "/fetches/u1", "", 200, &s)

		var match struct {
			Cache   string
			Records []bgfetch.RecordSnapshot
		}
		call(t, h, "POST", "/fetches/u1/match", `{"request":{"url":"`+url+`","method":"GET"},"first":true}`, 200, &match)
		if len(match.Records) != 1 || match.Records[0].Head != nil || !match.Records[0].Exposed || match.Cache == "" {
			t.Errorf("match: %+v", match)
		}
		call(t, h, "POST", "/fetches/u1/match", `{"request":{"url":"https://site.test/b","method":"GET"}}`, 200, &match)
		if len(match.Records) != 0 {
			t.Errorf("match of another URL: %+v", match)
		}

		var record bgfetch.RecordSnapshot
		call(t, h, "GET", "/fetches/u1/records/0?wait=head", "", 200, &record)
		if record.Head == nil || record.Head.Status != 200 {
			t.Errorf("record: %+v", record)
		}
		var plan bgfetch.Plan
		call(t, h, "GET", "/fetches/u1/records/0/plan?generation=0&from=0", "", 200, &plan)
		if len(plan.Segments) != 0 || plan.End {
			t.Errorf("plan at once: %+v", plan)
		}
		call(t, h, "GET", "/fetches/u1/records/0/plan?generation=0&from=0&wait=1", "", 200, &plan)
		if len(plan.Segments) == 0 || plan.Segments[0].Offset != 0 {
			t.Errorf("plan after waiting: %+v", plan)
		}
		call(t, h, "GET", "/fetches/u1/records/0/plan?generation=7&from=0&wait=1", "", 200, &plan)
		if plan.Failed == "" {
			t.Errorf("plan of another generation: %+v", plan)
		}
		time.Sleep(time.Minute)
		if call(t, h, "GET", "/fetches/u1", "", 200, &s); s.Result != "success" || s.RecordsAvailable {
			t.Errorf("when it is done with: %+v", s)
		}
		call(t, h, "POST", "/fetches/u1/match", "{}", 404, nil)
	})
}

func TestAbort(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", fetchBody, 201, nil)
		for _, want := range []bool{true, false} {
			var reply struct{ Aborted bool }
			if call(t, h, "POST", "/fetches/u1/abort", "", 200, &reply); reply.Aborted != want {
				t.Errorf("aborted = %v, want %v", reply.Aborted, want)
			}
		}
	})
}

func TestWaitingEndsInTime(t *testing.T) {
	offline := func(n *bgfetchtest.Network) { n.SetOnline(false) }
	serveOver(t, offline, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", fetchBody, 201, nil)
		begun := time.Now()
		var record bgfetch.RecordSnapshot
		call(t, h, "GET", "/fetches/u1/records/0?wait=head", "", 200, &record)
		if took := time.Since(begun); took != 20*time.Second || record.Head != nil || record.Result != "" {
			t.Errorf("after %v: %+v", took, record)
		}
	})
}

func TestProblems(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", fetchBody, 201, nil)
		for _, test := range []struct {
			method, path, body string
			status             int
			exception, detail  string
		}{
			{"POST", "/fetches", `{`, 400, "TypeError", "JSON"},
			{"POST", "/fetches", "", 400, "TypeError", "JSON"},
			{"POST", "/fetches", "null", 400, "TypeError", "at least one request"},
			{"POST", "/fetches", "[]", 400, "TypeError", "JSON"},
			{"POST", "/fetches", `{"id":1}`, 400, "TypeError", "id"},
			{"POST", "/fetches", `{"keep":"yes"}`, 400, "TypeError", "options.keep must be true, false or an object, not of the type string"},
			{"POST", "/fetches", `{"room":5}`, 400, "TypeError", "options.room must be 'free' or 'evict', not of the type number"},
			{"POST", "/fetches", `{"keep":true,"retention":{"pinned":"yes"}}`, 400, "TypeError", "options.keep.pinned must be true or false, not of the type string"},
			{"POST", "/fetches", `{"uniqueId":"u2","id":"x","requests":[null]}`, 400, "TypeError", "URL"},
			{"POST", "/fetches", `{"uniqueId":"u2","id":"x","requests":[7]}`, 400, "TypeError", "JSON"},
			{"POST", "/fetches", strings.Replace(fetchBody, "u1", "u2", 1) + "x", 400, "TypeError", "JSON"},
			{"POST", "/fetches", strings.Replace(fetchBody, "u1", "u2", 1) + "{}", 400, "TypeError", "JSON"},
			{"POST", "/fetches/u1/ui", `{"title":`, 400, "TypeError", "JSON"},
			{"POST", "/fetches", fetchBody + strings.Repeat(" ", 65<<20), 413, "TypeError", "larger"},
			{"POST", "/fetches", `{"uniqueId":"u2","id":"x","requests":[]}`, 400, "TypeError", "at least one request"},
			{"POST", "/fetches", strings.Replace(fetchBody, "u1", "u2", 1), 400, "TypeError", "already active"},
			{"POST", "/fetches", strings.Repeat(" ", 65<<20), 413, "TypeError", "larger"},
			{"PUT", "/fetches", "", 405, "TypeError", "PUT"},
			{"DELETE", "/fetches/u1", "", 405, "TypeError", "DELETE"},
			{"GET", "/fetches/u1/abort", "", 405, "TypeError", "GET"},
			{"GET", "/fetches?id=other", "", 404, "InvalidStateError", "no such"},
			{"GET", "/fetches/u9", "", 404, "InvalidStateError", "no such"},
			{"POST", "/fetches/u9/match", "{}", 404, "InvalidStateError", "no such"},
			{"GET", "/fetches/u1/records/1", "", 404, "InvalidStateError", "no such"},
			{"GET", "/fetches/u1/records/-1", "", 400, "TypeError", "record"},
			{"GET", "/fetches/u1/records/0/plan?generation=0&from=x", "", 400, "TypeError", "from"},
			{"GET", "/fetches/u1/records/0/plan?from=0", "", 400, "TypeError", "generation"},
			{"GET", "/fetches/u1/records/0/plan?generation=0&from=9007199254740992", "", 400, "TypeError", "from"},
			{"GET", "/elsewhere", "", 404, "InvalidStateError", "no such path: /elsewhere"},
			{"GET", "/fetches/u1/elsewhere", "", 404, "InvalidStateError", "no such path: /fetches/u1/elsewhere"},
			{"GET", "/fetches//u1", "", 404, "InvalidStateError", "no such path: /fetches//u1"},
		} {
			var p bgfetch.Problem
			header := call(t, h, test.method, test.path, test.body, test.status, &p)
			if string(p.Error) != test.exception || p.Status != test.status || !strings.Contains(p.Detail, test.detail) {
				t.Errorf("%s %s: %+v", test.method, test.path, p)
			}
			if ct := header.Get("Content-Type"); ct != "application/problem+json" {
				t.Errorf("%s %s: Content-Type %q", test.method, test.path, ct)
			}
			if sniff := header.Get("X-Content-Type-Options"); sniff != "nosniff" {
				t.Errorf("%s %s: X-Content-Type-Options %q", test.method, test.path, sniff)
			}
			if test.status == 405 && header.Get("Allow") == "" {
				t.Errorf("%s %s: no Allow", test.method, test.path)
			}
		}
	})
}

func TestBroken(t *testing.T) {
	var p bgfetch.Problem
	call(t, httpapi.Broken(errors.New("the disk is gone")), "GET", "/fetches", "", 500, &p)
	if p.Error != "TypeError" || p.Detail != "the disk is gone" {
		t.Errorf("%+v", p)
	}
	call(t, httpapi.Broken(fmt.Errorf("open the database: %w", bgfetch.ErrQuota)), "GET", "/fetches", "", 507, &p)
	if p.Error != "QuotaExceededError" {
		t.Errorf("%+v", p)
	}
}

func TestPauseAndResume(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", `{"uniqueId":"u","id":"i","requests":[{"url":"`+url+`","method":"GET"}]}`, 201, nil)
		var got struct{ Paused bool }
		call(t, h, "POST", "/fetches/u/pause", "", 200, &got)
		if !got.Paused {
			t.Error("it is not paused")
		}
		time.Sleep(time.Hour)
		var snapshot bgfetch.Snapshot
		call(t, h, "GET", "/fetches?id=i", "", 200, &snapshot)
		call(t, h, "POST", "/fetches/u/ui", `{"title":"A title"}`, 200, nil)
		call(t, h, "POST", "/fetches/u/resume", "", 200, &got)
		if got.Paused {
			t.Error("it is still paused")
		}
		time.Sleep(time.Minute)
		call(t, h, "GET", "/fetches?id=i", "", 404, nil)
		call(t, h, "POST", "/fetches/u/pause", "", 404, nil)
		call(t, h, "POST", "/fetches/u/resume", "", 404, nil)
		call(t, h, "POST", "/fetches/u/ui", "{}", 404, nil)
	})
}

func TestSetRequest(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", strings.Replace(fetchBody, `"title"`, `"paused":true,"title"`, 1), 201, nil)
		path := "/fetches/u1/records/0/request"
		for _, bad := range []string{`{"url":"ftp://site.test/a"}`, `"https://user@site.test/a"`, `{"url":"/a","mode":"no-cors"}`, `{"url":"/a","method":"PUT"}`, `{}`} {
			call(t, h, "POST", path, bad, 400, nil)
		}
		call(t, h, "POST", "/fetches/unknown/records/0/request", `"https://site.test/a"`, 404, nil)
		call(t, h, "POST", "/fetches/u1/records/9/request", `"https://site.test/a"`, 404, nil)
		var reply struct{ Changed bool }
		call(t, h, "POST", path, `{"url":"https://site.test/signed","headers":[["Authorization","secret"]]}`, 200, &reply)
		if !reply.Changed {
			t.Error("it is not changed")
		}
		var record bgfetch.RecordSnapshot
		call(t, h, "GET", "/fetches/u1/records/0", "", 200, &record)
		if strings.Contains(record.Request.URL, "signed") || len(record.Request.Headers) > 0 {
			t.Errorf("the record shows %+v", record.Request)
		}
	})
}

func TestSetOptions(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		var s bgfetch.Snapshot
		call(t, h, "POST", "/fetches", strings.Replace(fetchBody, `"title"`, `"priority":"low","title"`, 1), 201, &s)
		if s.Priority != bgfetch.PriorityLow || s.Network != bgfetch.ConnectionsAny || s.MaxBandwidth != 0 {
			t.Errorf("%+v", s)
		}
		call(t, h, "POST", "/fetches/u1/options", `{"network":"wifi"}`, 400, nil)
		call(t, h, "POST", "/fetches/unknown/options", `{}`, 404, nil)
		var reply struct{ Changed bool }
		call(t, h, "POST", "/fetches/u1/options", `{"maxBandwidth":1000,"network":"unmetered"}`, 200, &reply)
		call(t, h, "GET", "/fetches/u1", "", 200, &s)
		want := bgfetch.NetworkOptions{Priority: bgfetch.PriorityLow, Network: bgfetch.ConnectionsUnmetered, MaxBandwidth: 1000}
		if !reply.Changed || s.NetworkOptions != want {
			t.Errorf("%+v, %+v", reply, s)
		}
	})
}
