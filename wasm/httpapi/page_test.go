package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

func TestDownloadsPage(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		get := func(path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			return w
		}
		w := get("/")
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("status %d, %v", w.Code, w.Header())
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") {
			t.Errorf("Content-Security-Policy: %s", csp)
		}
		if inline := regexp.MustCompile(`(?i)\son\w+=|<style|<script>|style=`).FindString(w.Body.String()); inline != "" {
			t.Errorf("the policy forbids %q", inline)
		}
		for _, used := range regexp.MustCompile(`(?:src|href)="(\w[^":]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
			if code := get("/" + used[1]).Code; code != 200 && used[1] != "list.js" { // which the build puts there
				t.Errorf("%s: status %d", used[1], code)
			}
		}
		if !strings.Contains(w.Body.String(), `<html lang="en">`) {
			t.Error("it does not say its language")
		}
		var spoken bgfetch.Spoken
		call(t, h, "GET", "/texts", "", 200, &spoken)
		if spoken.Lang != "en" || len(spoken.Texts) > 0 || spoken.Missing {
			t.Errorf("texts %+v", spoken)
		}
		navigation := httptest.NewRequest("GET", "/texts?lang=de", nil)
		navigation.Header.Set("Sec-Fetch-Mode", "navigate")
		navigation.Header.Set("Sec-Fetch-Site", "same-origin")
		answer := httptest.NewRecorder()
		if h.ServeHTTP(answer, navigation); answer.Code != 404 {
			t.Errorf("a navigation has texts: status %d", answer.Code)
		}
		for _, path := range []string{"/index.html", "/page.go", "/page/", "/..%2fpage.go"} {
			if code := get(path).Code; code == 200 {
				t.Errorf("%s is served", path)
			}
		}
		call(t, h, "POST", "/", "", 405, nil)
	})
}
