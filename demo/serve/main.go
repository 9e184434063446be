// Command serve is the server of the demo: the static page of the repository,
// and downloads that a visitor may break (test/faultserver).
//
//	go run ./demo/serve            then open http://localhost:8080/
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"

	"background-fetch-wasm/test/faultserver"
)

// The downloads. A rate is bytes per second for each connection, so that there
// is time to watch, and to break something.
const (
	pictureQuery = "type=image/png&rate=250000"
	clipQuery    = "type=audio/wav&rate=900000"
	largeQuery   = "rate=12000000"
	largeSize    = 1_000_000_000
)

func main() {
	addr := flag.String("addr", "localhost:8080", "address to listen on")
	dir := flag.String("dir", ".", "root directory of the repository")
	flag.Parse()
	server, err := newServer(*dir)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("%v\nanother address: ./build.sh demo -addr localhost:8081", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://localhost:%s/\n", port)
	log.Fatal(http.Serve(listener, server))
}

// newServer makes the handler over the repository at dir.
func newServer(dir string) (*faultserver.Server, error) {
	image, err := picture()
	if err != nil {
		return nil, err
	}
	server := &faultserver.Server{Fallback: site(dir)}
	for _, download := range []struct {
		path, name, query string
		source            faultserver.Source
	}{
		{"/picture.png", "picture", pictureQuery, bytes.NewReader(image)},
		{"/clip.wav", "clip", clipQuery, bytes.NewReader(clip())},
		{"/large.bin", "large", largeQuery, faultserver.Content{Seed: 2026, Length: largeSize}},
	} {
		if err := server.Mount(download.path, download.name, download.query, download.source); err != nil {
			return nil, err
		}
	}
	return server, nil
}

// site serves what belongs to the page, and nothing else of the repository.
func site(dir string) http.Handler {
	files := faultserver.Static(map[string]string{"/": dir}, "")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		public := path == "/" || path == "/sw.js" ||
			strings.HasPrefix(path, "/demo/") || strings.HasPrefix(path, "/dist/")
		if !public {
			http.NotFound(w, r)
			return
		}
		files.ServeHTTP(w, r)
	})
}
