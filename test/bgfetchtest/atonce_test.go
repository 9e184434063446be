package bgfetchtest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

// A small body is stored with its head, under the key that Open was given, and Save gives it.
func TestAtOnce(t *testing.T) {
	const url = "https://site.test/small"
	body := bytes.Repeat([]byte("x"), 100)
	at := bgfetch.AtOnce{Key: bgfetch.SegmentKey{Index: 3, Nonce: 7}, MaxLength: 100}
	key := bgfetch.SegmentKey{Index: 3, Nonce: 8}
	limits := bgfetch.SaveLimits{MaxLength: 1000}
	other := bgfetch.SegmentKey{Index: 3, Generation: 1, Nonce: 8}
	for name, c := range map[string]struct {
		change func(*Response)
		max    int64
		quota  int64
		key    bgfetch.SegmentKey
		// nonce is that of what Save gives, err what it returns; left: it is never asked for.
		nonce int64
		err   error
		left  bool
	}{
		"whole":            {key: key, nonce: 7},
		"too long":         {key: key, max: 99},
		"breaks off":       {key: key, change: func(r *Response) { r.Cut = 50 }},
		"no room":          {key: key, quota: 99, err: bgfetch.ErrQuota},
		"another segment":  {key: other, err: bgfetch.ErrNetwork},
		"it is not wanted": {left: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			bodies := NewMemoryBodies()
			bodies.Quota = c.quota
			network := NewNetwork(bodies)
			network.Handle(url, func(_ int, init bgfetch.TransferInit) Response {
				r := Resource{Body: body}.Respond(init)
				if c.change != nil {
					c.change(&r)
				}
				return r
			})
			init := bgfetch.TransferInit{UniqueID: "u", Index: 3, Request: bgfetch.Request{URL: url}, AtOnce: &at}
			if c.max > 0 {
				init.AtOnce = &bgfetch.AtOnce{Key: at.Key, MaxLength: c.max}
			}
			transfer, err := network.Open(ctx, init)
			if err != nil {
				t.Fatal(err)
			}
			if !c.left {
				saved, err := transfer.Save(ctx, c.key, limits, nil)
				if !errors.Is(err, c.err) {
					t.Fatalf("got the error %v, want %v", err, c.err)
				}
				if saved.Nonce != c.nonce || (c.nonce != 0 && (saved.Length != 100 || !saved.End || saved.Stored != nil)) {
					t.Errorf("got %+v", saved)
				}
			}
			transfer.Close()
			stored, _ := bodies.Segments(ctx, "u")
			want := 1
			if c.err != nil || c.left {
				want = 0
			}
			if len(stored) != want || (c.nonce != 0 && stored[0] != at.Key) {
				t.Errorf("stored: %v", stored)
			}
		})
	}
}
