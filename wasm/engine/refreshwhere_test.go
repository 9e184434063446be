package engine_test

import (
	"context"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// TestRefreshedCredentials: what the site gives is sent with its own credentials from then on, also by the
// next engine, and what the record shows has those of ever.
func TestRefreshedCredentials(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(8 * mib), ETag: `"v1"`, Rate: mib}
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			switch {
			case n == 1:
				r.Cut = 4 * mib
			case init.Request.Credentials != "include":
				r.Head.Status, r.Body = 401, nil
			}
			return r
		})
		w.events.SetOnRefresh(func(_ context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
			return &bgfetch.Request{URL: asked.Request.URL, Method: "GET", Credentials: "include"}, nil
		})
		init := fetchInit("f", siteA)
		init.Requests[0].Credentials = "omit"
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		w.kill()
		w.start()
		_, records, err := w.engine.Match("unique-f", nil, bgfetch.MatchOptions{}, true)
		if err != nil || len(records) != 1 || records[0].Request.Credentials != "omit" {
			t.Errorf("%+v, %v", records, err)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", file.Body)
		if n := len(w.events.Asked()); n != 1 {
			t.Errorf("asked %d times", n)
		}
		sent := w.network.Requests()
		if len(sent) < 4 || sent[len(sent)-1].Request.Credentials != "include" || sent[len(sent)-1].RangeStart == 0 {
			t.Errorf("sent: %+v", sent)
		}
	})
}

// TestRefreshToAnotherOrigin: the same file elsewhere is gone on with, after its bytes were compared.
func TestRefreshToAnotherOrigin(t *testing.T) {
	run(t, func(w *world) {
		g := w.gateAt(siteA, 8*mib)
		there := g.file
		there.Type = "cors"
		w.network.Handle(otherC, func(_ int, init bgfetch.TransferInit) response { return there.Respond(init) })
		w.events.SetOnRefresh(func(context.Context, bgfetchtest.Asked) (*bgfetch.Request, error) {
			return &bgfetch.Request{URL: otherC, Method: "GET"}, nil
		})
		w.begin("f", siteA, g)
		w.breaks("f", g)
		time.Sleep(time.Minute)
		w.wantSuccess("f", g.file.Body)
		w.wantOnce(g, 1)
		last := w.network.Requests()
		if one := last[len(last)-1]; one.Request.URL != otherC || one.RangeStart < mib {
			t.Errorf("the last request: %+v", one)
		}
	})
}
