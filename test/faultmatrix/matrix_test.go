package faultmatrix

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/test/faultserver"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
	"background-fetch-wasm/wasm/pace"
)

type row struct {
	Name, Query, Reason      string
	Host, Redirect           string
	Retry                    bgfetch.RetryInit
	Size                     *int64
	Seed                     uint64
	Text, CrossOrigin, Twice bool
	Integrity                bool
	DownloadTotal            int64
	Requests                 int
	Seconds                  float64
}

const defaultSize = 3 << 20

// TestMain lets more rows run at once than there are processors: they mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func rows(t *testing.T) []row {
	text, err := os.ReadFile("matrix.json")
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	var all []row
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// hurry is what all times are multiplied by: the race detector makes everything slower.
var hurry = map[bool]time.Duration{true: 5, false: 1}[bgfetchtest.UnderRaceDetector]

// policy is the default policy in a hurry.
var policy = bgfetch.RetryPolicy{
	HeadTimeout: hurry * 10 * time.Second, StallTimeout: hurry * 2 * time.Second,
	BackOff: 20 * time.Millisecond, MaxBackOff: 100 * time.Millisecond,
	GiveUpAfter: 10 * time.Minute, MaxUnreachable: bgfetch.NoCount, MaxFailures: 5,
	MaxStatusRetries: bgfetch.NoCount, MaxRetryAfter: time.Hour, MaxRestarts: 2,
}

// downFor30s is in a hurry, too.
const downFor30s = "downms=30000"

// outcome is what a background fetch ended with, as its event's listener saw it.
type outcome struct {
	snapshot bgfetch.Snapshot
	status   int
	sha256   string
	length   int
}

// severalRanges makes of each record as many requests at a time as there may be,
// as soon as its body has begun.
var severalRanges = pace.Policy{MinBody: 256 << 10, MinPart: 64 << 10, MinTime: 1, PartTime: time.Second, Unproved: 256 << 10, Window: 1, Gain: -1}

// moreRequests is how many more a record of several ranges may take than the matrix
// says: additional ones, each of which may have to be sent again, and one for each place
// where two responses meet.
const moreRequests = 40

func TestMatrix(t *testing.T) { testMatrix(t, pace.Policy{}) }

// TestMatrixWithSeveralRanges: the outcome is the same.
func TestMatrixWithSeveralRanges(t *testing.T) { testMatrix(t, severalRanges) }

// testMatrix does all rows as each of the browsers.
func testMatrix(t *testing.T, ranges pace.Policy) {
	t.Parallel()
	for _, browser := range browsers {
		t.Run(browser.name, func(t *testing.T) {
			t.Parallel()
			testMatrixAs(t, browser, ranges)
		})
	}
}

func testMatrixAs(t *testing.T, browser *browser, ranges pace.Policy) {
	several := ranges != pace.Policy{}
	server := &faultserver.Server{}
	site := httptest.NewServer(server)
	t.Cleanup(site.Close) // after the rows, which run in parallel
	other := strings.Replace(site.URL, "127.0.0.1", "localhost", 1)

	for _, row := range rows(t) {
		if !bgfetchtest.IsDrawn() {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			size, seed := int64(defaultSize), uint64(7)
			if row.Size != nil {
				size = *row.Size
			}
			if row.Seed != 0 {
				seed = row.Seed
			}
			name := strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
					return r
				}
				return '-'
			}, strings.ToLower(row.Name))
			origin := site.URL
			if row.CrossOrigin {
				origin = other
			}
			query := strings.NewReplacer("{other}", other, "{name}", name, downFor30s, "downms=300").Replace(row.Query)
			if !strings.Contains("&"+query, "&size=") {
				query = fmt.Sprintf("size=%d&%s", defaultSize, query)
			}
			if row.Host != "" {
				origin = "http://" + row.Host
			}
			want := faultserver.HashSource(faultserver.Content{Seed: seed, Length: size, Text: row.Text})
			begun := time.Now()
			got := fetch(t, browser, site.URL, bgfetch.FetchInit{
				UniqueID: "u", ID: "f", DownloadTotal: row.DownloadTotal, Retry: row.Retry,
				Requests: []bgfetch.Request{{
					URL:    origin + "/file/" + name + "?seed=7&" + strings.TrimSuffix(query, "&"),
					Method: http.MethodGet, Mode: "cors", Redirect: row.Redirect, Integrity: integrity(row.Integrity, want),
				}},
			}, ranges)
			took := time.Since(begun)

			if reason := string(got.snapshot.FailureReason); reason != row.Reason {
				t.Fatalf("it ended with %q %q, want %q", got.snapshot.Result, reason, row.Reason)
			}
			var sent int64
			requests := 0
			for _, entry := range server.Log(name) {
				sent += entry.BytesSent
				if entry.Method == http.MethodGet {
					requests++
				}
			}
			t.Logf("%d requests, %.2f times the size sent, %v", requests, float64(sent)/float64(max(1, size)), took.Round(time.Millisecond))
			allowed := row.Requests
			if several {
				allowed += moreRequests
			}
			if requests > allowed || (requests == 0) != (row.Requests == 0) {
				t.Errorf("%d requests, want 1 to %d", requests, allowed)
			}
			if !row.Twice && !several && row.Reason == "" && sent > size+1<<20 {
				t.Errorf("%d bytes were sent for a file of %d", sent, size)
			}
			if took < time.Duration(row.Seconds*float64(time.Second)) && !(several && refusedBesideAnother(server.Log(name))) {
				t.Errorf("it took %v, the server had asked for %v s", took, row.Seconds)
			}
			if row.Reason != "" {
				return
			}
			if got.status != http.StatusOK {
				t.Errorf("the record shows a %d", got.status)
			}
			if got.sha256 != want {
				t.Errorf("success with wrong bytes: %d of them, want %d", got.length, size)
			}
		})
	}
}

// refusedBesideAnother says whether a request was refused while another one was under way, which may
// bring all that is missing.
func refusedBesideAnother(log []faultserver.Entry) bool {
	end := func(e faultserver.Entry) time.Time { return e.Time.Add(time.Duration(e.Ms+1) * time.Millisecond) }
	return slices.ContainsFunc(log, func(refused faultserver.Entry) bool {
		return refused.Status >= 400 && slices.ContainsFunc(log, func(e faultserver.Entry) bool {
			return e.Status < 400 && e.Time.Before(end(refused)) && refused.Time.Before(end(e))
		})
	})
}

// fetch carries out a background fetch of one request to its end.
func fetch(t *testing.T, browser *browser, origin string, init bgfetch.FetchInit, ranges pace.Policy) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hurry*time.Minute)
	bodies, store := bgfetchtest.NewMemoryBodies(), bgfetchtest.NewMemoryStore()
	var core *engine.Engine
	ended := make(chan outcome, 1)
	events := &bgfetchtest.Events{OnDispatch: func(_ context.Context, _ string, snapshot bgfetch.Snapshot) error {
		got := outcome{snapshot: snapshot}
		if snapshot.Result == bgfetch.ResultSuccess {
			plan, err := core.Plan(ctx, snapshot.UniqueID, 0, matched(core, snapshot).Generation, 0, false)
			if err != nil || !plan.End {
				t.Errorf("the plan of a body that is complete: %+v, %v", plan, err)
			}
			body, err := bodies.ReadPlan(plan, 0)
			if err != nil {
				t.Error(err)
			}
			sum := sha256.Sum256(body)
			got.sha256, got.length = hex.EncodeToString(sum[:]), len(body)
			got.status = matched(core, snapshot).Head.Status
		}
		ended <- got
		return nil
	}}
	core = engine.NewEngine(engine.Ports{
		Store: store, Bodies: bodies, Events: events,
		Network: newNetwork(browser, bodies, origin),
	}, engine.Options{Retry: policy, Ranges: ranges, Origin: origin, Framing: browser.framing})
	if err := core.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer core.Wait()
	defer cancel()
	if _, err := core.Fetch(ctx, init); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-ended:
		return got
	case <-ctx.Done():
		t.Fatal("it did not end in time")
	}
	panic("unreachable")
}

// matched is the one record as its event's listener finds it.
func matched(core *engine.Engine, snapshot bgfetch.Snapshot) bgfetch.RecordSnapshot {
	_, records, _ := core.Match(snapshot.UniqueID, nil, bgfetch.MatchOptions{}, true)
	return records[0]
}

// integrity makes metadata of a hash in hex, if it is wanted.
func integrity(wanted bool, sum string) string {
	if !wanted {
		return ""
	}
	bytes, _ := hex.DecodeString(sum)
	return "sha256-" + base64.StdEncoding.EncodeToString(bytes)
}
