package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

const pieceLength = mib

// piecesOf are the hashes of the pieces of a body.
func piecesOf(body []byte) *bgfetch.Pieces {
	p := &bgfetch.Pieces{Length: pieceLength}
	for piece := range slices.Chunk(body, pieceLength) {
		p.Hashes = append(p.Hashes, sri256(piece))
	}
	return p
}

// corrupt serves body from a server that sends a piece wrong the first few times
// that it is asked for.
func (w *world) corrupt(body []byte, piece, times int) {
	bad := bytes.Clone(body)
	bad[piece*pieceLength+100] ^= 1
	asked := 0
	w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
		file := bgfetchtest.Resource{Body: body, ETag: `"v1"`, Rate: mib}
		touched := init.RangeStart <= int64(piece)*pieceLength && (init.RangeEnd == 0 || init.RangeEnd > int64(piece)*pieceLength)
		if touched {
			if asked++; asked <= times {
				file.Body = bad
			}
		}
		return file.Respond(init)
	})
}

func TestPieces(t *testing.T) {
	body := randomBytes(4*mib + 1000)
	for name, test := range map[string]struct {
		piece, times int
		integrity    string
		want         bgfetch.FailureReason
	}{
		"right":                     {2, 0, "", ""},
		"wrong once":                {2, 1, "", ""},
		"wrong twice":               {2, 2, "", ""},
		"wrong three times":         {2, 3, "", bgfetch.ReasonFetchError},
		"the first one wrong":       {0, 1, "", ""},
		"the last one wrong":        {4, 1, "", ""},
		"and the whole is right":    {1, 1, sri256(body), ""},
		"and the whole is wrong":    {1, 0, sri256(body[1:]), bgfetch.ReasonFetchError},
		"wrong for ever, the first": {0, 100, "", bgfetch.ReasonFetchError},
	} {
		for _, killed := range []bool{false, true} {
			if killed && test.times == 3 {
				continue // which answers bring the piece depends on the kills
			}
			t.Run(fmt.Sprintf("%s, killed %v", name, killed), func(t *testing.T) {
				run(t, func(w *world) {
					w.corrupt(body, test.piece, test.times)
					w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) {
						init.Requests[0].Pieces, init.Requests[0].Integrity = piecesOf(body), test.integrity
					})
					if killed {
						for range 4 {
							time.Sleep(1700 * time.Millisecond)
							w.kill()
							w.start()
						}
					}
					time.Sleep(time.Minute)
					if test.want != "" {
						w.wantFailure("f", test.want)
						w.wantBodies("f", nil)
					} else {
						w.wantSuccess("f", body)
					}
					w.wantNothingLeft()
					if killed || test.times == 0 || test.want != "" {
						return
					}
					again := w.network.Requests()[1:]
					if len(again) != test.times {
						t.Fatalf("%d requests more, want %d", len(again), test.times)
					}
					for _, request := range again {
						end := int64(test.piece+1) * pieceLength
						if end > int64(len(body)) {
							end = 0
						}
						if request.RangeStart != int64(test.piece)*pieceLength || request.RangeEnd != end {
							t.Errorf("asked again for %d to %d", request.RangeStart, request.RangeEnd)
						}
					}
				})
			})
		}
	}
}

func TestPiecesOfAnotherNumber(t *testing.T) {
	body := randomBytes(3 * mib)
	run(t, func(w *world) {
		w.corrupt(body, 0, 0)
		w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) { init.Requests[0].Pieces = piecesOf(body[:2*mib]) })
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonFetchError)
		w.fetchWith("g", siteA, func(init *bgfetch.FetchInit) { init.Requests[0].Pieces = piecesOf(append(body, 1)) })
		time.Sleep(time.Minute)
		w.wantFailure("g", bgfetch.ReasonFetchError)
	})
}

func TestMalformedPieces(t *testing.T) {
	run(t, func(w *world) {
		hash := sri256(nil)
		for want, pieces := range map[string]bgfetch.Pieces{
			"length is not":     {Length: 1000, Hashes: []string{hash}},
			"hashes is empty":   {Length: mib},
			"hashes[1]":         {Length: mib, Hashes: []string{hash, "sha256-AAAA"}},
			"not one digest":    {Length: mib, Hashes: []string{hash + " " + hash}},
			"another algorithm": {Length: mib, Hashes: []string{hash, sri512(nil)}},
		} {
			init := fetchInit("f", siteA)
			init.Requests[0].Pieces = &pieces
			_, err := w.engine.Fetch(context.Background(), init)
			var e *bgfetch.Error
			if !errors.As(err, &e) || e.Name != bgfetch.TypeError || !strings.Contains(e.Message, want) || !strings.Contains(e.Message, siteA) {
				t.Errorf("%v, want a TypeError that says %q", err, want)
			}
		}
	})
}
