package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// What no request can be made of is as if it was not given: the record waits.
func TestBadRefresh(t *testing.T) {
	for name, bad := range map[string]struct {
		request bgfetch.Request
		says    string
	}{
		"no-cors":          {bgfetch.Request{URL: "https://other.test/a", Mode: "no-cors"}, "no-cors"},
		"credentials":      {bgfetch.Request{URL: "https://user:secret@site.test/a"}, "credentials"},
		"no URL":           {bgfetch.Request{URL: "a"}, "absolute URL"},
		"scheme":           {bgfetch.Request{URL: "ftp://site.test/a"}, "http and https"},
		"POST":             {bgfetch.Request{URL: siteA, Method: "POST"}, "not a GET"},
		"Range":            {bgfetch.Request{URL: siteA, Headers: []bgfetch.Header{{"Range", "bytes=0-"}}}, "a different Range"},
		"rejected by glue": {bgfetch.Request{}, "the body is used"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				g := w.gateAt(siteA, 8*mib)
				w.events.OnRefresh = func(context.Context, bgfetchtest.Asked) (*bgfetch.Request, error) {
					if bad.request.URL == "" {
						return nil, errors.New("the body is used")
					}
					return &bad.request, nil
				}
				w.begin("f", siteA, g)
				w.breaks("f", g)
				time.Sleep(10 * time.Second)
				w.wantActivity("unique-f", bgfetch.ActivityWaitingRefresh)
				w.wantLogged(bad.says)
				if changed, err := w.engine.SetRequest("unique-f", 0, bad.request); changed || !isTypeError(err) {
					t.Errorf("setRequest(): %v, %v", changed, err)
				}
				w.signs(siteA, g)
				time.Sleep(2 * time.Minute)
				w.wantSuccess("f", g.file.Body)
				w.wantOnce(g, 1)
			})
		})
	}
	t.Run("another origin of one that is same-origin", func(t *testing.T) {
		run(t, func(w *world) {
			w.gateAt(siteA, mib)
			init := fetchInit("f", siteA)
			init.Requests[0].Mode = "same-origin"
			init.Paused = true
			if _, err := w.engine.Fetch(context.Background(), init); err != nil {
				t.Fatal(err)
			}
			if _, err := w.engine.SetRequest("unique-f", 0, bgfetch.Request{URL: otherC}); !isTypeError(err) {
				t.Errorf("%v", err)
			}
		})
	})
}

func isTypeError(err error) bool {
	var e *bgfetch.Error
	return errors.As(err, &e) && e.Name == bgfetch.TypeError
}

// TestFileThatNeverWas: who signs every URL signs also that of a file that is not there.
func TestFileThatNeverWas(t *testing.T) {
	for _, status := range []int{404, 410} {
		run(t, func(w *world) {
			w.network.Handle(siteA, func(int, bgfetch.TransferInit) response {
				return response{Head: bgfetch.Head{URL: siteA, Type: "basic", Status: status}}
			})
			w.events.OnRefresh = func(context.Context, bgfetchtest.Asked) (*bgfetch.Request, error) {
				return &bgfetch.Request{URL: siteA}, nil
			}
			w.fetch("f", siteA)
			time.Sleep(time.Minute)
			w.wantFailure("f", bgfetch.ReasonBadStatus)
			if n := len(w.events.Asked()); n != 2 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}
