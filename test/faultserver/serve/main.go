// Command serve runs the fault server as a process for browser tests. It prints
// one line of JSON, {"url":...,"url2":...}, as soon as it listens, and serves
// until it is ended. url2 is the same server at a second origin.
//
//	go run ./test/faultserver/serve -dir /=test/browser/pages -dir /dist/=dist
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"background-fetch-wasm/test/faultserver"
)

// directories collects the flag -dir.
type directories map[string]string

func (d directories) String() string { return "" }

func (d directories) Set(value string) error {
	prefix, dir, ok := strings.Cut(value, "=")
	if !ok {
		return errors.New("it must be url-prefix=directory")
	}
	d[prefix] = dir
	return nil
}

func main() {
	dirs := directories{}
	flag.Var(dirs, "dir", "serve static files: `url-prefix=directory`, may be repeated")
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	addr2 := flag.String("addr2", "127.0.0.1:0", "address of the second origin")
	policy := flag.String("csp", "", "Content-Security-Policy of the static files")
	cors := flag.Bool("cors", false, "let all origins read the static files")
	flag.Parse()

	files := faultserver.Static(dirs, *policy)
	server := &faultserver.Server{Fallback: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *cors {
			w.Header().Set("Access-Control-Allow-Origin", "*")
		}
		files.ServeHTTP(w, r)
	})}
	failed := make(chan error)
	var urls [2]string
	for i, address := range []string{*addr, *addr2} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		urls[i] = "http://" + listener.Addr().String()
		go func() { failed <- http.Serve(listener, server) }()
	}
	line, err := json.Marshal(map[string]string{"url": urls[0], "url2": urls[1]})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stdout, string(line))
	log.Fatal(<-failed)
}
