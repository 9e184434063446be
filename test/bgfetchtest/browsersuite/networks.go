//go:build js && wasm

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/browser"
)

// networkCases are those of bgfetch.Network over the host that host.ts makes, with the fault server at the
// host's origin.
func networkCases() ([]suiteCase, error) {
	bridge, err := browser.Connect()
	if err != nil {
		return nil, err
	}
	var cases []suiteCase
	for _, c := range bgfetchtest.NetworkCases() {
		cases = append(cases, suiteCase{c.Name, func(t bgfetchtest.T) {
			n := newNetwork(bridge)
			c.Run(t, n)
			if err := n.Bodies.Delete(context.Background(), bgfetchtest.NetworkUniqueID); err != nil {
				t.Errorf("Delete: %v", err)
			}
		}})
	}
	return cases, nil
}

var files int

func newNetwork(bridge *browser.Bridge) bgfetchtest.NetworkUnderTest {
	bodies := &browser.Bodies{Bridge: bridge}
	return bgfetchtest.NetworkUnderTest{
		Network: browser.Network{Bridge: bridge, Bodies: bodies}, Bodies: bodies,
		Nobody: "http://127.0.0.1:1/",
		URL:    func(f bgfetchtest.File) string { return fileURL(bridge, f) },
		Bytes: func(t bgfetchtest.T, f bgfetchtest.File) []byte {
			response, err := http.Get(fileURL(bridge, bgfetchtest.File{Size: f.Size, Seed: f.Seed}))
			if err != nil {
				t.Fatalf("get the content: %v", err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || len(body) != f.Size {
				t.Fatalf("get the content: %d bytes, %v", len(body), err)
			}
			return body
		},
	}
}

// fileURL is that of a file at the fault server, another one for each call.
func fileURL(bridge *browser.Bridge, f bgfetchtest.File) string {
	query := url.Values{}
	for name, value := range map[string]int{
		"seed": f.Seed, "size": f.Size, "status": f.Status, "cut": f.Cut, "stall": f.Stall, "rate": f.Rate,
	} {
		if value != 0 {
			query.Set(name, strconv.Itoa(value))
		}
	}
	files++
	return fmt.Sprintf("%s/file/network-suite-%s-%d?%s", bridge.Config.Origin(), suiteName, files, query.Encode())
}
