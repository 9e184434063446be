package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// start serves the demo.
var start = sync.OnceValue(func() string {
	handler, err := newServer("../..")
	if err != nil {
		panic(err)
	}
	return httptest.NewServer(handler).URL
})

// fetch gets a file as a visitor does, only faster: what is a download, by a link.
func fetch(t *testing.T, path string) []byte {
	t.Helper()
	if path, query, ok := strings.Cut(path, "?rate="); ok {
		return fetch(t, string(fetch(t, "/__link__?path="+path))+"&rate="+query)
	}
	response, err := http.Get(start() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.Status, err)
	}
	return body
}

func TestClipIsAWAVFileThatSounds(t *testing.T) {
	file := fetch(t, "/clip.wav?rate=0")
	if !bytes.HasPrefix(file, []byte("RIFF")) || string(file[8:16]) != "WAVEfmt " || string(file[36:40]) != "data" {
		t.Fatalf("%q", file[:44])
	}
	if size := int(binary.LittleEndian.Uint32(file[40:])); size != len(file)-44 || size != int(bars*barSeconds*sampleRate*4) {
		t.Errorf("%d bytes of samples in a file of %d", size, len(file))
	}
	loud, clipped := 0, 0
	for at := 44; at < len(file); at += 2 {
		sample := int16(binary.LittleEndian.Uint16(file[at:]))
		if sample > 6000 {
			loud++
		}
		if sample > 31000 {
			clipped++
		}
	}
	if total := len(file) / 2; loud < total/50 || clipped > 0 {
		t.Errorf("%d loud and %d clipped of %d samples", loud, clipped, total)
	}
	sum := sha256.Sum256(file)
	if said := string(fetch(t, "/__sha256__?name=clip")); said != hex.EncodeToString(sum[:]) {
		t.Errorf("the server says %s, it is %x", said, sum)
	}
}

func TestPicture(t *testing.T) {
	file := fetch(t, "/picture.png?rate=0")
	image, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil || image.Width != pictureWidth || image.Height != pictureHeight {
		t.Errorf("%+v %v", image, err)
	}
	if len(file) < 1_000_000 || len(file) > 4_000_000 {
		t.Errorf("%d bytes", len(file))
	}
}

// The page finds the same members on the demo server and on any other host.
func TestCatalogs(t *testing.T) {
	dir := t.TempDir()
	if err := writeFiles(dir); err == nil || !strings.Contains(err.Error(), "run ./build.sh build") {
		t.Errorf("without the program: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dist"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "dist/bgfetch.wasm"), []byte("program"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeFiles(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "demo/files/catalog.json"))
	if err != nil {
		t.Fatal(err)
	}
	var written, served catalog
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(fetch(t, "/demo/files/catalog.json"), &served); err != nil {
		t.Fatal(err)
	}
	if written.Server || !served.Server || len(written.Files) != 3 || len(served.Files) != 3 {
		t.Fatalf("%+v\n%+v", written, served)
	}
	for _, file := range written.Files {
		content, err := os.ReadFile(filepath.Join(dir, file.Path))
		sum := sha256.Sum256(content)
		if err != nil || int64(len(content)) != file.Size || hex.EncodeToString(sum[:]) != file.SHA256 {
			t.Errorf("%+v: %d bytes, %v", file, len(content), err)
		}
	}
	for _, file := range served.Files[:2] {
		if content := fetch(t, "/"+file.Path+"?rate=0"); int64(len(content)) != file.Size || file.Name == "" {
			t.Errorf("%+v: %d bytes", file, len(content))
		}
	}
}

func TestServer(t *testing.T) {
	for _, test := range []struct {
		path   string
		status int
		kind   string
	}{
		{"/", 200, "text/html; charset=utf-8"},
		{"/sw.js", 200, "text/javascript; charset=utf-8"},
		{"/demo/demo.css", 200, "text/css; charset=utf-8"},
		{string(fetch(t, "/__link__?path=/picture.png")), 200, "image/png"},
		{string(fetch(t, "/__link__?path=/clip.wav")), 200, "audio/wav"},
		{string(fetch(t, "/__link__?path=/large.bin")), 200, "application/octet-stream"},
		{"/__link__?path=/go.mod", 404, "text/plain; charset=utf-8"},
		{"/__control__/state", 200, "application/json"},
		{"/demo/files/catalog.json", 200, "application/json"},
		{"/docs/guide.md", 200, "text/plain; charset=utf-8"},
		{"/go.mod", 404, "text/plain; charset=utf-8"},
		{"/.git/config", 404, "text/plain; charset=utf-8"},
	} {
		method := http.MethodHead
		if test.path == "/__control__/state" {
			method = http.MethodGet
		}
		request, err := http.NewRequestWithContext(t.Context(), method, start()+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status || response.Header.Get("Content-Type") != test.kind {
			t.Errorf("%s: %d %s", test.path, response.StatusCode, response.Header.Get("Content-Type"))
		}
	}
}

// A link is good for one path until it expires or all are revoked.
func TestLinks(t *testing.T) {
	link := string(fetch(t, "/__link__?path=/picture.png"))
	status := func(path string) int {
		t.Helper()
		response, err := http.Head(start() + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if got := status(link); got != 200 {
		t.Errorf("a new link: %d", got)
	}
	for _, bad := range []string{"/picture.png", "/picture.png?key=", "/picture.png?key=0", "/picture.png?key=0-1"} {
		if got := status(bad); got != 403 {
			t.Errorf("%s: %d", bad, got)
		}
	}
	response, err := http.Post(start()+"/__control__/revoke", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 || status(link) != 403 || status(string(fetch(t, "/__link__?path=/picture.png"))) != 200 {
		t.Errorf("after they were revoked (%d): the old one %d", response.StatusCode, status(link))
	}
}
