// Command serve is the server of the demo: the static page of the repository,
// and downloads that a visitor may break (test/faultserver).
//
//	./build.sh demo                then open http://localhost:8080/
//
// With -write it serves nothing, and writes what the page downloads where it is
// served by any other host (files.go).
package main

import (
	"bytes"
	"encoding/json"
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
	write := flag.Bool("write", false, "write demo/files, and end")
	flag.Parse()
	if *write {
		if err := writeFiles(*dir); err != nil {
			log.Fatal(err)
		}
		return
	}
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
func newServer(dir string) (http.Handler, error) {
	image, err := picture()
	if err != nil {
		return nil, err
	}
	server := &faultserver.Server{}
	known := catalog{Server: true}
	byLink := &links{Handler: server}
	for _, download := range []struct {
		file              file
		path, name, query string
		source            faultserver.Source
	}{
		{pictureFile, "/picture.png", "picture", pictureQuery, bytes.NewReader(image)},
		{clipFile, "/clip.wav", "clip", clipQuery, bytes.NewReader(clip())},
		{largeFile, "/large.bin", "large", largeQuery, faultserver.Content{Seed: 2026, Length: largeSize}},
	} {
		if err := server.Mount(download.path, download.name, download.query, download.source); err != nil {
			return nil, err
		}
		entry := download.file
		entry.Path, entry.Name, entry.Size = download.path[1:], download.name, download.source.Size()
		known.Files = append(known.Files, entry)
		byLink.paths = append(byLink.paths, download.path)
	}
	server.Fallback = site(dir, known)
	return byLink, nil
}

// site serves what belongs to the page, and nothing else of the repository.
func site(dir string, known catalog) http.Handler {
	files := faultserver.Static(map[string]string{"/": dir}, "")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		public := path == "/" || path == "/sw.js" ||
			strings.HasPrefix(path, "/demo/") || strings.HasPrefix(path, "/docs/") || strings.HasPrefix(path, "/dist/")
		if !public {
			http.NotFound(w, r)
			return
		}
		if path == "/"+catalogPath {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(known) // whoever asked may have left
			return
		}
		files.ServeHTTP(w, r)
	})
}
