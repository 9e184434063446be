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

// TestPiecesAreReadBefore: a piece that is verified can be read while others are still to come, and
// nothing else.
func TestPiecesAreReadBefore(t *testing.T) {
	const wrong = 2
	body := randomBytes(8*mib + 1000)
	for name, integrity := range map[string]string{"": "", "with integrity": sri256(body)} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.corrupt(body, wrong, 1)
				snapshot := w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) {
					init.Requests[0].Pieces, init.Requests[0].Integrity = piecesOf(body), integrity
				})
				readable := func(from int64) (bytes []byte) {
					plan, err := w.engine.Plan(context.Background(), snapshot.UniqueID, 0, 0, from, false)
					if err == nil {
						bytes, err = w.bodies.ReadPlan(plan, from)
					}
					if err != nil {
						t.Fatal(err)
					}
					return bytes
				}
				time.Sleep(4500 * time.Millisecond) // 4.5 pieces have come
				want := [][2]int64{{0, wrong * mib}, {wrong * mib, wrong * mib}, {3*mib + 5, 4 * mib}, {4 * mib, 4 * mib}}
				record, err := w.engine.Record(context.Background(), snapshot.UniqueID, 0, false)
				if err != nil || (record.Head != nil) != (integrity == "") {
					t.Errorf("the response is %+v, %v", record.Head, err)
				}
				for _, span := range want {
					if integrity != "" {
						span[1] = span[0]
					}
					if got := readable(span[0]); !bytes.Equal(got, body[span[0]:span[1]]) {
						t.Errorf("from byte %d on %d bytes can be read, want %d", span[0], len(got), span[1]-span[0])
					}
				}
				if integrity == "" {
					w.engine.Seek(snapshot.UniqueID, 0, 7*mib+10)
					time.Sleep(3 * time.Second)
					if got := readable(7*mib + 10); !bytes.HasPrefix(got, body[7*mib+10:8*mib]) {
						t.Errorf("where it was sought %d bytes can be read", len(got))
					}
				}
				time.Sleep(time.Minute)
				w.wantSuccess("f", body)
			})
		})
	}
}

// TestPiecesAreHashedOnce: each of them when it has come, and none again but what was lost or wrong.
func TestPiecesAreHashedOnce(t *testing.T) {
	body := randomBytes(32*mib + 1000)
	run(t, func(w *world) {
		read := w.slowToRead(10 * time.Millisecond)
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			return bgfetchtest.Resource{Body: body, ETag: `"v1"`, Rate: mib}.Respond(init)
		})
		w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) { init.Requests[0].Pieces = piecesOf(body) })
		time.Sleep(4 * time.Second)
		w.kill()
		w.start()
		took := waitFor(time.Minute, w.settled("f"))
		w.wantSuccess("f", body)
		if n := read.Load(); n < 33 || n > 35 { // one or two whose row was not written when it was killed
			t.Errorf("%d pieces were hashed of 33", n)
		}
		if took > 18*time.Second {
			t.Errorf("with several ranges it took %v more", took)
		}
	})
}

// TestLastPieceOfAFileThatGrew: a last piece is right as the end of a body of one length.
func TestLastPieceOfAFileThatGrew(t *testing.T) {
	body := randomBytes(4*mib + 1000)
	grown := append(bytes.Clone(body), randomBytes(100<<10)...)
	bad := bytes.Clone(body)
	bad[2*mib+100] ^= 1
	// From another origin nothing shows that it grew: the first response told where it ends.
	for kind, fails := range map[string]bool{"basic": true, "cors": false} {
		t.Run(kind, func(t *testing.T) {
			run(t, func(w *world) {
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					file := bgfetchtest.Resource{Body: bad, ETag: `"v1"`, Rate: mib, Type: kind}
					if n > 1 {
						file.Body, file.ETag = grown, `"v2"`
					}
					if n > 3 {
						file.Rate = 10 << 10
					}
					return file.Respond(init)
				})
				snapshot := w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) { init.Requests[0].Pieces = piecesOf(body) })
				waitFor(5*time.Minute, func() bool {
					if plan, err := w.engine.Plan(context.Background(), snapshot.UniqueID, 0, 0, 4*mib, false); err == nil {
						if read, _ := w.bodies.ReadPlan(plan, 4*mib); len(read) > 1000 {
							t.Errorf("%d bytes of the last piece can be read", len(read))
							return true
						}
					}
					return w.settled("f")()
				})
				if fails {
					w.wantFailure("f", bgfetch.ReasonFetchError)
				} else {
					w.wantSuccess("f", body)
				}
			})
		})
	}
}

// TestPiecesAreReadInWhateverAttempt: what has come of a file that is broken off, paused, limited or
// continued by another engine can be read soon, but for the piece that is coming.
func TestPiecesAreReadInWhateverAttempt(t *testing.T) {
	body := randomBytes(40*mib + 1000)
	for how, interrupt := range map[string]func(w *world, uniqueID string){
		"limited": func(*world, string) {},
		"broken":  func(*world, string) {},
		"paused": func(w *world, uniqueID string) {
			w.pause(uniqueID)
			time.Sleep(10 * time.Second)
			w.resume(uniqueID)
		},
		"killed": func(w *world, _ string) {
			w.kill()
			w.start()
		},
	} {
		t.Run(how, func(t *testing.T) {
			run(t, func(w *world) {
				w.slowToRead(30 * time.Millisecond)
				link := &bgfetchtest.Link{Rate: mib}
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					r := bgfetchtest.Resource{Body: body, ETag: `"v1"`, Rate: mib, Link: link}.Respond(init)
					if n == 1 && how == "broken" {
						r.Cut = 4*mib + mib/2
					}
					return r
				})
				snapshot := w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) {
					init.Requests[0].Pieces = piecesOf(body)
					if how == "limited" {
						init.MaxBandwidth = mib
					}
				})
				time.Sleep(4500 * time.Millisecond)
				interrupt(w, snapshot.UniqueID)
				time.Sleep(20 * time.Second)
				f, err := w.engine.Snapshot(snapshot.UniqueID)
				if err != nil || f.Downloaded < 10*mib || f.Result != "" {
					t.Fatalf("%+v, %v", f, err)
				}
				plan, err := w.engine.Plan(context.Background(), snapshot.UniqueID, 0, 0, 0, false)
				if err != nil {
					t.Fatal(err)
				}
				if read, _ := w.bodies.ReadPlan(plan, 0); int64(len(read)) < f.Downloaded-4*mib || !bytes.HasPrefix(body, read) {
					t.Errorf("%d bytes can be read of %d that are stored", len(read), f.Downloaded)
				}
			})
		})
	}
}
