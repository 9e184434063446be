package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

// resources are all that there is with their methods, but for HEAD; <u> stands for a
// unique id, <i> for a record and <n> for a number of the history.
var resources = map[string]string{
	"/fetches":                         "GET, POST",
	"/fetches/<u>":                     "GET",
	"/fetches/<u>/abort":               "POST",
	"/fetches/<u>/pause":               "POST",
	"/fetches/<u>/resume":              "POST",
	"/fetches/<u>/options":             "POST",
	"/fetches/<u>/ui":                  "POST",
	"/fetches/<u>/match":               "POST",
	"/fetches/<u>/records/<i>":         "GET",
	"/fetches/<u>/records/<i>/plan":    "GET",
	"/fetches/<u>/records/<i>/body":    "GET",
	"/fetches/<u>/records/<i>/request": "POST",
	"/fetches/<u>/zip":                 "GET",
	"/ids/<u>":                         "GET",
	"/ids/<u>/abort":                   "POST",
	"/ids/<u>/records/<i>/body":        "GET",
	"/":                                "GET",
	"/list.js":                         "GET",
	"/page.css":                        "GET",
	"/language.js":                     "GET",
	"/texts":                           "GET",
	"/list":                            "GET",
	"/history":                         "DELETE, GET",
	"/history/<n>":                     "DELETE",
	"/history/<n>/retry":               "POST",
	"/log":                             "GET",
	"/body":                            "GET",
	"/kept":                            "DELETE, GET",
	"/kept/<u>":                        "DELETE",
	"/program":                         "GET",
}

// TestUnknown: whatever a path names that is not there is 404, by each of its methods.
func TestUnknown(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", `{"uniqueId":"u1","id":"u1","requests":["`+url+`"]}`, 201, nil)
		for path, methods := range resources {
			for _, names := range []*strings.Replacer{
				strings.NewReplacer("<u>", "u9", "<i>", "0", "<n>", "999"),
				strings.NewReplacer("<u>", "u1", "<i>", "1", "<n>", "0"),
			} {
				named := names.Replace(path)
				if named == path || strings.Contains(named, "u1") && !strings.Contains(path, "<i>") && !strings.HasPrefix(path, "/kept") {
					continue // there is such a one
				}
				if strings.HasSuffix(path, "/plan") {
					named += "?generation=0&from=0"
				}
				for method := range strings.SplitSeq(methods, ", ") {
					wantProblem(t, call(t, h, method, named, "{}", 404, nil), method+" "+named)
				}
			}
		}
		call(t, h, "GET", "/fetches/u1/zip?record=1", "", 404, nil)
		call(t, h, "GET", "/fetches?id=u9", "", 404, nil)
		call(t, h, "GET", "/body?url=/u9", "", 404, nil)
	})
}

// TestMethods: a method that a resource does not have is 405, with those that it has.
func TestMethods(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", `{"uniqueId":"u1","id":"u1","requests":["`+url+`"]}`, 201, nil)
		for path, methods := range resources {
			named := strings.NewReplacer("<u>", "u1", "<i>", "0", "<n>", "1").Replace(path)
			allowed := methods
			if strings.Contains(methods, "GET") {
				allowed += ", HEAD"
			}
			if strings.Contains(methods, "POST") && strings.Contains(methods, "GET") {
				allowed = "GET, POST, HEAD"
			}
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
				if strings.Contains(allowed, method) {
					continue
				}
				header := call(t, h, method, named, "{}", 405, nil)
				if allow := header.Get("Allow"); allow != allowed {
					t.Errorf("%s %s: Allow %q, want %q", method, named, allow, allowed)
				}
				wantProblem(t, header, method+" "+named)
			}
		}
	})
}

// TestBodiesOfRequests: what is to have a body of JSON says what is wrong with it, and reads no
// more than its limit.
func TestBodiesOfRequests(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", `{"uniqueId":"u1","id":"u1","requests":["`+url+`"]}`, 201, nil)
		for _, path := range []string{"/fetches", "/fetches/u1/options", "/fetches/u1/ui", "/fetches/u1/match", "/fetches/u1/records/0/request", "/history/1/retry"} {
			for _, body := range []string{"", "{", "[]", "7", "{}x", "{\"a\":}", "\x00", "\xff\xfe"} {
				var p bgfetch.Problem
				wantProblem(t, call(t, h, "POST", path, body, 400, &p), path)
				if !strings.Contains(p.Detail, "JSON") {
					t.Errorf("POST %s %q: %s", path, body, p.Detail)
				}
			}
			wantProblem(t, call(t, h, "POST", path, strings.Repeat(" ", 64<<20+1), 413, nil), path)
		}
	})
}

func wantProblem(t *testing.T, header http.Header, what string) {
	t.Helper()
	if got := header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s: Content-Type %q", what, got)
	}
}
