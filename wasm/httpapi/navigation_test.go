package httpapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/httpapi"
)

const site = "https://site.test"

// queries are what those resources can be asked for that read more than what is there.
var queries = map[string][]string{
	"/fetches":                      {"", "?id=u1"},
	"/fetches/<u>/records/<i>":      {"", "?wait=head"},
	"/fetches/<u>/records/<i>/plan": {"?generation=0&from=12000000", "?generation=0&from=12000000&seek=1", "?generation=0&from=12000000&wait=1&seek=1"},
	"/fetches/<u>/records/<i>/body": {"", "?download"},
	"/ids/<u>/records/<i>/body":     {"", "?download"},
	"/fetches/<u>/zip":              {"", "?record=0"},
	"/body":                         {"?url=" + neturl.QueryEscape(fileURL), "?download&url=" + neturl.QueryEscape(fileURL)},
	"/kept":                         {"", "?url=" + neturl.QueryEscape(fileURL)},
}

// serveSeekable runs a test with a handler over an engine that is beginning with fileURL, of 12 MiB; asked
// tells how many requests the network has seen.
func serveSeekable(t *testing.T, test func(t *testing.T, h http.Handler, asked func() int)) {
	t.Helper()
	var network *bgfetchtest.Network
	file := bgfetchtest.Resource{Body: make([]byte, 12<<20), Rate: 1 << 16, ETag: `"v1"`}
	serveOver(t, func(n *bgfetchtest.Network) {
		network = n
		n.Handle(fileURL, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response { return file.Respond(init) })
	}, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", `{"uniqueId":"u1","id":"u1","requests":["`+fileURL+`"]}`, 201, nil)
		time.Sleep(time.Second)
		test(t, h, func() int { return len(network.Requests()) })
	})
}

// TestNavigationCausesNothing: whatever a navigation asks for, by whatever method and range, and
// wherever it comes from, no request is sent and nothing changes; nor does reading on in the
// answer send one.
func TestNavigationCausesNothing(t *testing.T) {
	serveSeekable(t, func(t *testing.T, h http.Handler, asked func() int) {
		before := asked()
		for _, path := range slices.Sorted(maps.Keys(resources)) {
			named := strings.NewReplacer("<u>", "u1", "<i>", "0", "<n>", "1").Replace(path)
			asks := queries[path]
			if asks == nil {
				asks = []string{""}
			}
			for _, query := range asks {
				for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "PUT"} {
					for _, referrer := range []string{"", site + "/page", "https://evil.test/"} {
						w := get(h, method, site+named+query, "Sec-Fetch-Mode", "navigate", "Referer", referrer, "Range", "bytes=12000000-")
						if method != "GET" && method != "HEAD" && w.Code != 403 {
							t.Errorf("%s %s: %d", method, named+query, w.Code)
						}
						for _, part := range servedParts(w) {
							call(t, h, "GET", "/"+part.Plan+"&from=12000000&seek=1", "", 200, nil)
						}
					}
				}
			}
			time.Sleep(time.Second)
			if n := asked(); n != before {
				t.Errorf("%s: %d requests, %d before", path, n, before)
				break
			}
		}
		var s bgfetch.Snapshot
		if call(t, h, "GET", "/fetches/u1", "", 200, &s); s.Result != "" || s.Paused {
			t.Errorf("%+v", s)
		}
	})
	// The same by the page itself is a seek: the test would see one.
	for _, path := range []string{"/fetches/u1/records/0/plan?generation=0&from=12000000&seek=1", bodyPath} {
		serveSeekable(t, func(t *testing.T, h http.Handler, asked func() int) {
			before := asked()
			get(h, "GET", path, "Range", "bytes=12000000-")
			time.Sleep(time.Second)
			if n := asked(); n != before+1 {
				t.Errorf("%s: %d requests, %d before", path, n, before)
			}
		})
	}
}

// TestNavigationFromElsewhere: what is not known to come from this origin gets the same answer
// whether there is anything or not, of whatever type, but for the downloads page.
func TestNavigationFromElsewhere(t *testing.T) {
	serveFile(t, bgfetchtest.Resource{ETag: `"v1"`}, "text/html", func(t *testing.T, h http.Handler) {
		want := get(h, "GET", site+"/nothing", "Sec-Fetch-Mode", "navigate")
		if want.Code != 403 || want.Header().Get("Content-Disposition") != "" || !strings.Contains(want.Body.String(), `<a href="">`) {
			t.Errorf("%d %v %s", want.Code, want.Header(), want.Body)
		}
		if got := want.Header().Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("its link does not tell where it is: %q", got)
		}
		public := []string{"/", "/list.js", "/language.js", "/page.css"}
		for path := range resources {
			for _, names := range []*strings.Replacer{
				strings.NewReplacer("<u>", "u1", "<i>", "0", "<n>", "1"), strings.NewReplacer("<u>", "u9", "<i>", "7", "<n>", "9"),
			} {
				named := names.Replace(path)
				asks := append(queries[path], "", "?x", "?url=%zz")
				for _, query := range asks {
					for _, from := range [][]string{
						{"Referer", ""}, {"Referer", "https://evil.test/page"}, {"Referer", "http://site.test/"}, {"Referer", "https://site.test:81/"},
						{"Referer", "https://site.test.evil.test/"}, {"Referer", "about:client"}, {"Referer", "%zz"},
						{"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "cross-site", "Referer", site + "/"},
					} {
						for dest := range strings.SplitSeq("document iframe embed", " ") {
							got := get(h, "GET", site+named+query, append(from, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", dest)...)
							if slices.Contains(public, path) {
								if got.Body.String() == want.Body.String() {
									t.Errorf("%s is not for everybody", path)
								}
								continue
							}
							if got.Code != want.Code || got.Body.String() != want.Body.String() || !reflect.DeepEqual(got.Header(), want.Header()) {
								t.Errorf("%s %q for a %s: %d %v", named+query, from, dest, got.Code, got.Header())
							}
						}
					}
				}
			}
		}
		for _, from := range [][]string{{"Referer", site + "/page?x"}, {"Sec-Fetch-Site", "same-origin"}} {
			w := get(h, "GET", site+bodyPath, append(from, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")...)
			if w.Code != 200 || w.Header().Get("Content-Disposition") != "attachment" {
				t.Errorf("from here, %q: %d %v", from, w.Code, w.Header())
			}
		}
	})
}

// servedParts are the stored ones among the parts of an answer.
func servedParts(w *httptest.ResponseRecorder) []httpapi.Part {
	var body httpapi.ServedBody
	if w.Header().Get(httpapi.StoredBodyField) == "" || json.Unmarshal(w.Body.Bytes(), &body) != nil {
		return nil
	}
	return slices.DeleteFunc(body.Parts, func(part httpapi.Part) bool { return part.Plan == "" })
}
