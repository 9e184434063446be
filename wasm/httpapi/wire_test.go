package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Lists that are empty are empty in JSON, too: TypeScript takes them for arrays. Null is only
// a head that is not known.
func TestNoListIsNull(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		for _, path := range []string{"/fetches", "/list", "/history", "/kept", "/log"} {
			wantNoNull(t, h, "GET", path, "")
		}
		call(t, h, "POST", "/fetches", fetchBody, 201, nil)
		wantNoNull(t, h, "POST", "/fetches/u1/match", "{}")
		wantNoNull(t, h, "POST", "/fetches/u1/match", `{"request":{"url":"https://site.test/other","method":"GET"}}`)
		wantNoNull(t, h, "GET", "/fetches/u1/records/0", "")
		wantNoNull(t, h, "GET", "/fetches/u1/records/0/plan?generation=0&from=0", "")
		call(t, h, "POST", "/fetches/u1/abort", "", 200, nil)
		time.Sleep(time.Minute)
		wantNoNull(t, h, "GET", "/history", "")
		wantNoNull(t, h, "GET", "/log", "")
	})
}

func wantNoNull(t *testing.T, h http.Handler, method, path, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	var value any
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s %s: %d, %v", method, path, w.Code, err)
	}
	for _, found := range nulls(value, "") {
		if !strings.HasSuffix(found, ".head") {
			t.Errorf("%s %s: %s is null", method, path, found)
		}
	}
}

// nulls are the places in a JSON value where there is null.
func nulls(value any, at string) []string {
	var found []string
	switch v := value.(type) {
	case nil:
		return []string{at}
	case []any:
		for _, element := range v {
			found = append(found, nulls(element, at+"[]")...)
		}
	case map[string]any:
		for name, member := range v {
			found = append(found, nulls(member, at+"."+name)...)
		}
	}
	return found
}
