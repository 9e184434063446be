package faultserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func post(t *testing.T, url string) string {
	t.Helper()
	answer, err := do(t, http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, answer, 200)
	wantHeader(t, answer, "Access-Control-Allow-Origin", "*")
	return strings.TrimSpace(string(answer.body))
}

// slow begins a download that takes minutes and returns where its end is told.
func slow(t *testing.T, server *Server, url, name string) <-chan error {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		answer, err := do(t, http.MethodGet, url+"/file/"+name+"?size=10000000&rate=50000", nil)
		if err == nil {
			err = answer.bodyErr
		}
		ended <- err
	}()
	for len(server.Log(name)) == 0 || server.Log(name)[0].BytesSent == 0 {
		time.Sleep(2 * time.Millisecond)
	}
	return ended
}

func TestControlCut(t *testing.T) {
	server, url := start(t)
	a, b := slow(t, server, url, "a"), slow(t, server, url, "b")
	if got := post(t, url+"/__control__/cut?name=a"); got != `{"broken":1}` {
		t.Error(got)
	}
	if err := <-a; err == nil {
		t.Error("a arrived whole")
	}
	if entry := lastEntry(t, server, "a"); entry.Outcome != Broken {
		t.Errorf("%+v", entry)
	}
	if entry := server.Log("b")[0]; entry.Outcome != UnderWay {
		t.Errorf("%+v", entry)
	}
	post(t, url+"/__control__/cut")
	if err := <-b; err == nil {
		t.Error("b arrived whole")
	}
}

func TestControlCutReachesAClientThatDoesNotRead(t *testing.T) {
	server, url := start(t)
	response, err := client.Get(url + "/file/a?size=1000000000")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	time.Sleep(50 * time.Millisecond)
	post(t, url+"/__control__/cut")
	if entry := lastEntry(t, server, "a"); entry.Outcome != Broken {
		t.Errorf("%+v", entry)
	}
}

func TestControlStop(t *testing.T) {
	server, url := start(t)
	open := slow(t, server, url, "a")
	post(t, url+"/__control__/stop?ms=60000")
	if err := <-open; err == nil {
		t.Error("what was open arrived whole")
	}
	if _, err := do(t, http.MethodGet, url+"/file/a?size=10", nil); err == nil {
		t.Error("a stopped server answered")
	}
	if entry := lastEntry(t, server, "a"); entry.Outcome != Refused || entry.Status != 0 {
		t.Errorf("%+v", entry)
	}
	var state struct{ StoppedMs, Sending int }
	for state.Sending = 1; state.Sending > 0; {
		if err := json.Unmarshal(get(t, url+"/__control__/state").body, &state); err != nil || state.StoppedMs < 30000 {
			t.Fatalf("%+v %v", state, err)
		}
	}
	post(t, url+"/__control__/start")
	get(t, url+"/file/a?size=10")
}

func TestControlStopOfOneName(t *testing.T) {
	_, url := start(t)
	post(t, url+"/__control__/stop?ms=60000&name=a")
	get(t, url+"/file/b?size=10")
	if _, err := do(t, http.MethodGet, url+"/file/a?size=10", nil); err == nil {
		t.Error("a stopped name was answered")
	}
	post(t, url+"/__control__/stop?ms=20&name=a")
	time.Sleep(30 * time.Millisecond)
	get(t, url+"/file/a?size=10")
}

func TestLog(t *testing.T) {
	_, url := start(t)
	get(t, url+"/file/a?size=100", "Range", "bytes=10-")
	get(t, url+"/file/b?size=100")
	var one []Entry
	if err := json.Unmarshal(get(t, url+"/__log__?name=a").body, &one); err != nil {
		t.Fatal(err)
	}
	if len(one) != 1 || one[0].Range != "bytes=10-" || one[0].Status != 206 || one[0].ContentRange != "bytes 10-99/100" {
		t.Errorf("%+v", one)
	}
	var all map[string][]Entry
	if err := json.Unmarshal(get(t, url+"/__log__").body, &all); err != nil || len(all) != 2 || len(all["b"]) != 1 {
		t.Errorf("%+v %v", all, err)
	}
	if _, err := do(t, http.MethodDelete, url+"/__log__?name=a", nil); err != nil {
		t.Fatal(err)
	}
	if text := string(get(t, url+"/__log__?name=a").body); text != "[]\n" {
		t.Errorf("%q", text)
	}
}

func TestUpload(t *testing.T) {
	server, url := start(t)
	text := strings.Repeat("upload ", 10000)
	answer, err := do(t, http.MethodPut, url+"/upload/u?status=201", strings.NewReader(text), "Content-Type", "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, answer, 201)
	var upload Upload
	if err := json.Unmarshal(answer.body, &upload); err != nil || upload.Bytes != 70000 || upload.SHA256 != hashOf([]byte(text)) {
		t.Errorf("%+v %v", upload, err)
	}
	if entry := lastEntry(t, server, "u"); entry.Upload == nil || entry.Upload.SHA256 != upload.SHA256 || entry.Status != 201 {
		t.Errorf("%+v", entry)
	}
	answer, err = do(t, http.MethodPost, url+"/upload/u?size=1000&seed=2", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	wantContent(t, answer, 2, 0, 1000)
	if n := len(server.Log("u")); n != 2 {
		t.Errorf("%d uploads in the log", n)
	}
}

func TestUploadOfAForm(t *testing.T) {
	server, url := start(t)
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	file, err := writer.CreateFormFile("photo", "ship.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(file, "a ship")
	_ = writer.WriteField("title", "Ship")
	_ = writer.Close()
	length := int64(form.Len())
	if _, err := do(t, http.MethodPost, url+"/upload/u", &form, "Content-Type", writer.FormDataContentType()); err != nil {
		t.Fatal(err)
	}
	upload := lastEntry(t, server, "u").Upload
	if upload == nil || upload.Bytes != length || len(upload.Parts) != 2 || upload.Parts[0].Filename != "ship.jpg" ||
		upload.Parts[0].SHA256 != hashOf([]byte("a ship")) || upload.Parts[1].Name != "title" {
		t.Errorf("%+v", upload)
	}
}

func TestUploadCutAndRate(t *testing.T) {
	server, url := start(t)
	text := strings.Repeat("x", 40000)
	if _, err := do(t, http.MethodPost, url+"/upload/u?uploadcut=10000", strings.NewReader(text)); err == nil {
		t.Error("an upload that was cut got an answer")
	}
	if entry := lastEntry(t, server, "u"); entry.Outcome != Cut || entry.Upload.Bytes != 10000 || entry.Upload.SHA256 != "" {
		t.Errorf("%+v %+v", entry, entry.Upload)
	}
	began := time.Now()
	if _, err := do(t, http.MethodPost, url+"/upload/u?uploadcut=10000&uploadrate=200000", strings.NewReader(text)); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("40000 bytes at 200000 bytes/s took %v", took)
	}
}

func TestStatic(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"index.html", "a.mjs", "a.js", "a.wasm"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := Static(map[string]string{"/": dir, "/dist": dir}, "default-src 'self'")
	listener := httptest.NewServer(&Server{Fallback: files})
	defer listener.Close()
	for path, want := range map[string]string{
		"/":            "text/html; charset=utf-8",
		"/a.mjs":       "text/javascript; charset=utf-8",
		"/dist/a.js":   "text/javascript; charset=utf-8",
		"/dist/a.wasm": "application/wasm",
	} {
		answer := get(t, listener.URL+path)
		wantStatus(t, answer, 200)
		wantHeader(t, answer, "Content-Type", want)
		wantHeader(t, answer, "Cache-Control", "no-cache")
		wantHeader(t, answer, "Content-Security-Policy", "default-src 'self'")
	}
	wantHeader(t, get(t, listener.URL+"/a.js?csp=script-src+*"), "Content-Security-Policy", "script-src *")
	wantStatus(t, get(t, listener.URL+"/missing.js"), 404)
}

// TestStaticChanges: who asks whether a file has changed is told, also of two in one second.
func TestStaticChanges(t *testing.T) {
	dir := t.TempDir()
	listener := httptest.NewServer(Static(map[string]string{"/": dir}, ""))
	defer listener.Close()
	second := time.Unix(1_700_000_000, 0)
	for i, name := range []string{"a.js", "index.html"} {
		url := listener.URL + []string{"/a.js", "/"}[i]
		write := func(text string, at time.Time) {
			file := filepath.Join(dir, name)
			if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), os.Chtimes(file, at, at)); err != nil {
				t.Fatal(err)
			}
		}
		write("one", second)
		known := get(t, url).Header
		ask := func() reply {
			return get(t, url, "If-None-Match", known.Get("ETag"), "If-Modified-Since", known.Get("Last-Modified"))
		}
		wantStatus(t, ask(), 304)
		write("two", second.Add(time.Millisecond))
		changed := ask()
		wantStatus(t, changed, 200)
		if string(changed.body) != "two" {
			t.Errorf("%s: %q", url, changed.body)
		}
	}
}

// TestControlAnswer: a deploy with Retry-After, and the page of a portal, for a while.
func TestControlAnswer(t *testing.T) {
	_, url := start(t)
	post(t, url+"/__control__/answer?status=502&retryafter=3&ms=60000&name=a")
	if answer := get(t, url+"/file/a?size=10", "Range", "bytes=5-"); answer.StatusCode != 502 || answer.Header.Get("Retry-After") != "3" {
		t.Errorf("%d, %v", answer.StatusCode, answer.Header)
	}
	if answer := get(t, url+"/file/b?size=10"); answer.StatusCode != 200 || len(answer.body) != 10 {
		t.Errorf("another name: %d, %q", answer.StatusCode, answer.body)
	}
	post(t, url+"/__control__/answer?status=200&ms=60000&name=a")
	if answer := get(t, url+"/file/a?size=10"); answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("a portal: %d, %v", answer.StatusCode, answer.Header)
	}
	post(t, url+"/__control__/answer?ms=0&name=a")
	if answer := get(t, url+"/file/a?size=10"); answer.StatusCode != 200 || len(answer.body) != 10 {
		t.Errorf("after it: %d, %q", answer.StatusCode, answer.body)
	}
}
