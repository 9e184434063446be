package faultmatrix

import (
	"context"
	"encoding/json"
	"errors"
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
)

// observation is a row of observations.json.
type observation struct {
	Name, Query, Range        string
	CrossOrigin               bool
	Shows, Hides              []string
	Chromium, Firefox, Webkit string
}

// observedSize is the length of what observations.json is about.
const observedSize = 300_000

// observedQuery is that of what a row is about, and of what it may be redirected to.
const observedQuery = "size=300000&seed=7&text=1&rate=4000000"

// TestObservations: the imitated browsers make of a response what the real ones did.
func TestObservations(t *testing.T) {
	text, err := os.ReadFile("observations.json")
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	var rows []observation
	if err := decoder.Decode(&rows); err != nil {
		t.Fatal(err)
	}
	server := &faultserver.Server{}
	site := httptest.NewServer(server)
	t.Cleanup(site.Close)
	other := strings.Replace(site.URL, "127.0.0.1", "localhost", 1)

	for _, browser := range browsers {
		for i, row := range rows {
			t.Run(browser.name+"/"+row.Name, func(t *testing.T) {
				t.Parallel()
				want := map[string]string{"chromium": row.Chromium, "firefox": row.Firefox, "webkit": row.Webkit}[browser.name]
				name := fmt.Sprintf("%s-%d", browser.name, i)
				origin := site.URL
				if row.CrossOrigin {
					origin = other
				}
				target := "/file/" + name + "-target%3F" + strings.NewReplacer("=", "%3D", "&", "%26").Replace(observedQuery) + "%26"
				query := strings.NewReplacer("{here}", site.URL+target, "{there}", other+target).Replace(row.Query)
				url := strings.TrimSuffix(origin+"/file/"+name+"?"+observedQuery+"&"+query, "&")
				got, head := observe(t, newNetwork(browser, bgfetchtest.NewMemoryBodies(), site.URL), url, row.Range)
				if got != want {
					t.Errorf("%s, and the real one: %s", got, want)
				}
				for _, name := range row.Shows {
					if !shows(head, name) {
						t.Errorf("%s is hidden", name)
					}
				}
				for _, name := range row.Hides {
					if shows(head, name) {
						t.Errorf("%s is visible", name)
					}
				}
				accepts := browser.accepts
				if row.Range != "" {
					accepts = "identity"
				}
				if got := server.Log(name)[0].AcceptEncoding; got != accepts {
					t.Errorf("Accept-Encoding: %s", got)
				}
			})
		}
	}
}

func shows(head bgfetch.Head, name string) bool {
	return slices.ContainsFunc(head.Headers, func(h bgfetch.Header) bool { return strings.EqualFold(h[0], name) })
}

// observe says in the words of observations.json what becomes of a response.
func observe(t *testing.T, n *network, url, requestRange string) (string, bgfetch.Head) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	init := bgfetch.TransferInit{UniqueID: "u", Request: bgfetch.Request{URL: url, Method: http.MethodGet, Mode: "cors"}}
	if requestRange != "" {
		init.Ranged = true
		if count, _ := fmt.Sscanf(requestRange, "bytes=%d-%d", &init.RangeStart, &init.RangeEnd); count == 2 {
			init.RangeEnd++
		}
	}
	opened, err := n.Open(ctx, init)
	if errors.Is(err, bgfetch.ErrNetwork) {
		return "rejected", bgfetch.Head{}
	}
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	var length int64
	var content strings.Builder
	for {
		key := bgfetch.SegmentKey{Offset: length}
		piece, err := opened.Save(ctx, key, bgfetch.SaveLimits{MaxLength: 1 << 20, MaxTime: time.Minute}, &content)
		length += piece.Length
		if errors.Is(err, bgfetch.ErrNetwork) {
			return "error", opened.Head()
		}
		if err != nil {
			t.Fatal(err)
		}
		if piece.End {
			break
		}
	}
	result := fmt.Sprintf("end at %d", length)
	if encoded, ok := opened.(*transfer).encodedLength(); ok {
		result += fmt.Sprintf(", of %d", encoded)
	}
	if isContent := isContentFrom(t, 0, content.String()) || isContentFrom(t, init.RangeStart, content.String()); !isContent {
		result += ", not decoded"
	}
	return result, opened.Head()
}

// isContentFrom tells whether text is of the content, from an offset on.
func isContentFrom(t *testing.T, offset int64, text string) bool {
	want := make([]byte, min(int64(len(text)), observedSize-offset))
	if _, err := (faultserver.Content{Seed: 7, Length: observedSize, Text: true}).ReadAt(want, offset); err != nil {
		t.Fatal(err)
	}
	return text == string(want)
}
