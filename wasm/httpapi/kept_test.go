package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
)

type keptList struct {
	Records []struct {
		UniqueID string `json:"uniqueId"`
		Request  struct {
			URL string `json:"url"`
		} `json:"request"`
		Title  string `json:"title"`
		Length int64  `json:"length"`
		Kept   int64  `json:"kept"`
	} `json:"records"`
}

// TestBodyThatDoesNotComeSoon: whoever asks by the URL, and may have another source, is told at once.
func TestBodyThatDoesNotComeSoon(t *testing.T) {
	serveFile(t, bgfetchtest.Resource{ETag: `"v1"`}, "audio/wav", func(t *testing.T, h http.Handler) {
		byURL := "/body?url=" + neturl.QueryEscape(fileURL)
		time.Sleep(time.Second) // half of it is there
		call(t, h, "POST", "/fetches/u1/pause", "", 200, nil)
		for field, want := range map[string]int{
			"":                                    200,
			"bytes=5-9":                           206,
			fmt.Sprintf("bytes=%d-", length-1000): 503,
			"bytes=-1000":                         503,
		} {
			before := time.Now()
			w := get(h, "GET", byURL, "Range", field)
			if w.Code != want || time.Since(before) > 0 {
				t.Errorf("%q while it is paused: %d after %v, %s", field, w.Code, time.Since(before), w.Body)
			}
		}
		call(t, h, "POST", "/fetches/u1/resume", "", 200, nil)
		time.Sleep(time.Second)
		if w := get(h, "GET", byURL, "Range", "bytes=-1000"); w.Code != 206 {
			t.Errorf("when it goes on: %d %s", w.Code, w.Body)
		}
	})
}

// TestKept follows a record from its download, by its URL, to its deletion.
func TestKept(t *testing.T) {
	serveFile(t, bgfetchtest.Resource{ETag: `"v1"`}, "text/html", func(t *testing.T, h http.Handler) {
		const other = "https://site.test/file?other"
		byURL := "/body?url=" + neturl.QueryEscape(fileURL)
		time.Sleep(time.Second) // half of it is there
		if w := get(h, "GET", byURL, "Range", "bytes=5-9"); w.Code != 206 {
			t.Errorf("while it comes: %d %s", w.Code, w.Body)
		}
		time.Sleep(time.Minute)
		call(t, h, "POST", "/fetches", `{"uniqueId":"u2","id":"kept","title":"T","keep":true,"requests":["`+fileURL+`"]}`, 201, nil)
		time.Sleep(time.Minute)
		var list keptList
		call(t, h, "GET", "/kept", "", 200, &list)
		if len(list.Records) != 1 || list.Records[0].Length != length || list.Records[0].Title != "T" || list.Records[0].Kept == 0 {
			t.Fatalf("kept: %+v", list)
		}
		call(t, h, "GET", "/kept?url="+neturl.QueryEscape("https://site.test/100%"), "", 200, &list)
		call(t, h, "GET", "/kept?url="+neturl.QueryEscape(other), "", 200, &list)
		if len(list.Records) != 0 {
			t.Errorf("of another URL: %+v", list)
		}
		for _, path := range []string{byURL, "/body?url=/file", "/body?ignoreSearch&url=" + neturl.QueryEscape(other), "/ids/kept/records/0/body"} {
			w := get(h, "GET", "https://site.test"+path, "Range", "bytes=5-9")
			wantServedOf(t, "u2", path, w, 5, 10)
			// Kept bytes are no document of the origin either.
			if w.Code != 206 || w.Header().Get("Content-Disposition") != "attachment" || w.Header().Get("Content-Security-Policy") == "" {
				t.Errorf("%s: %d %v", path, w.Code, w.Header())
			}
			for dest, want := range map[string]int{"script": 403, "iframe": 403, "video": 206} {
				if w := get(h, "GET", "https://site.test"+path, "Range", "bytes=5-9", "Sec-Fetch-Dest", dest); w.Code != want {
					t.Errorf("%s for a %s: %d", path, dest, w.Code)
				}
			}
		}
		for _, test := range []struct {
			method, fields, contentRange string
			status                       int
		}{
			{"HEAD", "", "", 200},
			{"HEAD", "Range: bytes=5-9", "", 200},
			{"GET", "Range: bytes=-10", "bytes 1048566-1048575/1048576", 206},
			{"GET", "Range: bytes=1048576-", "bytes */1048576", 416},
			{"GET", `Range: bytes=5-9|If-Range: "v1"`, "bytes 5-9/1048576", 206},
			{"GET", `Range: bytes=5-9|If-Range: "v2"`, "", 200},
			{"GET", `If-None-Match: "v1"`, "", 304},
		} {
			var fields []string
			for field := range strings.SplitSeq(test.fields, "|") {
				if name, value, ok := strings.Cut(field, ": "); ok {
					fields = append(fields, name, value)
				}
			}
			w := get(h, test.method, byURL, fields...)
			got := w.Header().Get("Content-Range")
			if w.Code != test.status || got != test.contentRange || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: %d %v", test.method, test.fields, w.Code, w.Header())
			}
			if test.method == "HEAD" && w.Body.Len() > 0 {
				t.Errorf("%s %s: %s", test.method, test.fields, w.Body)
			}
		}
		if w := get(h, "GET", "/ids/kept/zip"); w.Code != 200 {
			t.Errorf("ZIP: %d %s", w.Code, w.Body)
		}
		for path, status := range map[string]int{
			"/body?url=" + neturl.QueryEscape(other): 404, "/body": 400, "/body?url=%3A": 400, "/kept?x": 400, "/kept?url=": 400,
		} {
			call(t, h, "GET", path, "", status, nil)
		}
		// No way round another origin, or out of a path.
		for _, asked := range []string{
			"//evil.test/file", "https://evil.test/file", "https://site.test/x/../file", "https://site.test/%66ile", "https://site.test//file",
			"https://site.test/x%2F..%2Ffile", "javascript:alert(1)", "https://u@site.test/file",
		} {
			call(t, h, "GET", "/body?url="+neturl.QueryEscape(asked), "", 404, nil)
			if call(t, h, "GET", "/kept?url="+neturl.QueryEscape(asked), "", 200, &list); len(list.Records) != 0 {
				t.Errorf("%s: %+v", asked, list)
			}
		}
		call(t, h, "DELETE", "/kept/", "", 404, nil)
		call(t, h, "DELETE", "/kept/..%2Fu1/x", "", 404, nil)
		// Nobody deletes everything by leaving something out.
		call(t, h, "DELETE", "/kept", "", 400, nil)
		call(t, h, "POST", "/body?url=x", "", 405, nil)
		call(t, h, "PUT", "/kept", "", 405, nil)

		var deleted struct{ Deleted int }
		call(t, h, "DELETE", "/kept/unknown", "", 404, nil)
		call(t, h, "DELETE", "/kept?url="+neturl.QueryEscape(other), "", 200, &deleted)
		if deleted.Deleted != 0 {
			t.Errorf("deleted: %+v", deleted)
		}
		call(t, h, "DELETE", "/kept?url="+neturl.QueryEscape(fileURL), "", 200, &deleted)
		if deleted.Deleted != 1 {
			t.Errorf("deleted: %+v", deleted)
		}
		call(t, h, "GET", byURL, "", 404, nil)
		call(t, h, "GET", "/ids/kept/records/0/body", "", 404, nil)
	})
}

// TestNoListShowsSecrets: header fields of requests are for who makes the request, and for
// match(), which has to give it as it was.
func TestNoListShowsSecrets(t *testing.T) {
	serveFile(t, bgfetchtest.Resource{ETag: `"v1"`}, "", func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", `{"uniqueId":"u2","id":"u2","keep":true,"requests":[{"url":"`+fileURL+
			`","referrer":"https://site.test/?secret","headers":[["Authorization","secret"]]}]}`, 201, nil)
		shows := func(method, path string) bool {
			return strings.Contains(get(h, method, site+path).Body.String(), "secret")
		}
		check := func(when string) {
			for path, methods := range resources {
				named := strings.NewReplacer("<u>", "u2", "<i>", "0", "<n>", "1").Replace(path)
				for _, query := range append(queries[path], "") {
					if strings.Contains(methods, "GET") && shows("GET", named+query) {
						t.Errorf("%s: GET %s shows it", when, named+query)
					}
				}
			}
		}
		match := func() string {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", "/fetches/u2/match", strings.NewReader("{}")))
			return w.Body.String()
		}
		if got := match(); !strings.Contains(got, "secret") {
			t.Errorf("match() does not give the request as it was made: %s", got)
		}
		check("under way") // some of it waits until all has come
		time.Sleep(time.Minute)
		check("kept")
		if got := match(); strings.Contains(got, "secret") || !strings.Contains(got, fileURL) {
			t.Errorf("match() when it is kept: %s", got)
		}
	})
}
