package httpapi_test

import (
	"net/http"
	neturl "net/url"
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
		call(t, h, "POST", "/fetches", `{"uniqueId":"u1","id":"kept","title":"T","keep":true,"requests":["`+fileURL+`"]}`, 201, nil)
		time.Sleep(time.Minute)
		var list keptList
		call(t, h, "GET", "/kept", "", 200, &list)
		if len(list.Records) != 1 || list.Records[0].Length != length || list.Records[0].Title != "T" || list.Records[0].Kept == 0 {
			t.Fatalf("kept: %+v", list)
		}
		call(t, h, "GET", "/kept?url="+neturl.QueryEscape(other), "", 200, &list)
		if len(list.Records) != 0 {
			t.Errorf("of another URL: %+v", list)
		}
		for _, path := range []string{byURL, "/body?url=/file", "/body?ignoreSearch&url=" + neturl.QueryEscape(other), "/ids/kept/records/0/body"} {
			w := get(h, "GET", "https://site.test"+path, "Range", "bytes=5-9")
			wantServed(t, path, w, 5, 10)
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
		if w := get(h, "GET", "/ids/kept/zip"); w.Code != 200 {
			t.Errorf("ZIP: %d %s", w.Code, w.Body)
		}
		for path, status := range map[string]int{
			"/body?url=" + neturl.QueryEscape(other): 404, "/body": 400, "/body?url=%3A": 400, "/kept?x": 400, "/kept?url=": 400,
		} {
			call(t, h, "GET", path, "", status, nil)
		}
		// Nobody deletes everything by leaving something out.
		call(t, h, "DELETE", "/kept", "", 400, nil)
		call(t, h, "POST", "/body?url=x", "", 405, nil)
		call(t, h, "PUT", "/kept", "", 405, nil)

		var deleted struct{ Deleted int }
		call(t, h, "DELETE", "/kept/unknown", "", 200, &deleted)
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
