package main

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"background-fetch-wasm/test/faultserver"
)

func TestClipIsAWAVFileThatSounds(t *testing.T) {
	file := clip()
	if !bytes.HasPrefix(file, []byte("RIFF")) || string(file[8:16]) != "WAVEfmt " || string(file[36:40]) != "data" {
		t.Fatalf("%q", file[:44])
	}
	if size := int(binary.LittleEndian.Uint32(file[40:])); size != len(file)-44 || size != int(bars*barSeconds*sampleRate*4) {
		t.Errorf("%d bytes of samples in a file of %d", size, len(file))
	}
	loud, clipped := 0, 0
	for at := 44; at < len(file); at += 2 {
		sample := int16(binary.LittleEndian.Uint16(file[at:]))
		if sample > 3000 {
			loud++
		}
		if sample > 31000 {
			clipped++
		}
	}
	if total := len(file) / 2; loud < total/50 || clipped > 0 {
		t.Errorf("%d loud and %d clipped of %d samples", loud, clipped, total)
	}
}

func TestPicture(t *testing.T) {
	file, err := picture()
	if err != nil {
		t.Fatal(err)
	}
	image, err := png.Decode(bytes.NewReader(file))
	if err != nil || image.Bounds().Dx() != pictureWidth || image.Bounds().Dy() != pictureHeight {
		t.Fatal(err)
	}
	if len(file) < 1_000_000 || len(file) > 4_000_000 {
		t.Errorf("%d bytes", len(file))
	}
}

func TestServer(t *testing.T) {
	handler, err := newServer("../..")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for _, test := range []struct {
		path   string
		status int
		kind   string
	}{
		{"/", 200, "text/html; charset=utf-8"},
		{"/sw.js", 200, "text/javascript; charset=utf-8"},
		{"/demo/demo.css", 200, "text/css; charset=utf-8"},
		{"/picture.png", 200, "image/png"},
		{"/clip.wav", 200, "audio/wav"},
		{"/large.bin", 200, "application/octet-stream"},
		{"/__control__/state", 200, "application/json"},
		{"/go.mod", 404, "text/plain; charset=utf-8"},
		{"/.git/config", 404, "text/plain; charset=utf-8"},
	} {
		method := http.MethodHead
		if test.path == "/__control__/state" {
			method = http.MethodGet
		}
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+test.path, nil)
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
	response, err := http.Get(server.URL + "/__sha256__?name=clip")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	sum, err := io.ReadAll(response.Body)
	if err != nil || string(sum) != faultserver.HashSource(bytes.NewReader(clip())) {
		t.Errorf("%s %v", sum, err)
	}
}
