//go:build js && wasm

// The program browsersuite runs the conformance suites of the ports against wasm/idbstore and
// wasm/browser, in a service worker:
//
//	GOOS=js GOARCH=wasm go build -o suite.wasm ./test/bgfetchtest/browsersuite
//
//	importScripts('wasm_exec.js');               // $(go env GOROOT)/lib/wasm
//	importScripts('host.js');                    // host.ts, bundled
//	globalThis.bgfetchSuiteDone = (json) => {};  // see result
//	const go = new Go();
//	go.argv = ['suite', 'context'];              // optional: only names with one of these parts
//	const { instance } = await WebAssembly.instantiateStreaming(fetch('suite.wasm'), go.importObject);
//	await go.run(instance);
//
// bgfetchSuiteDone is called once, at the end, with the JSON text of an array of
// {name, passed, output}. Each case has databases and caches of its own, deleted afterwards.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hack-pad/safejs"

	"background-fetch-wasm/test/bgfetchtest"
)

type result struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	// Output is what the case logged, one line each.
	Output string `json:"output"`
}

// suiteCase is a case of one of the suites.
type suiteCase struct {
	name string
	run  func(t bgfetchtest.T)
}

// suiteName is another one for each run.
var suiteName = fmt.Sprint(time.Now().UnixNano())

func main() {
	var cases []suiteCase
	for _, c := range bgfetchtest.StoreCases() {
		cases = append(cases, suiteCase{c.Name, func(t bgfetchtest.T) {
			open, cleanUp := openStore()
			defer cleanUp(t)
			c.Run(t, open)
		}})
	}
	cases = append(cases, databaseCases...)
	network, err := networkCases()
	if err != nil {
		panic(err)
	}
	cases = append(cases, network...)

	results := make([]result, 0, len(cases))
	for _, c := range cases {
		if len(os.Args) > 1 && !slices.ContainsFunc(os.Args[1:], func(part string) bool { return strings.Contains(c.name, part) }) {
			continue
		}
		results = append(results, run(c))
	}
	text, err := json.Marshal(results)
	if err != nil {
		panic(err)
	}
	if _, err := safejs.Global().Call("bgfetchSuiteDone", string(text)); err != nil {
		panic(err)
	}
}

// run runs a case on a goroutine of its own, which Fatalf ends.
func run(c suiteCase) result {
	var t report
	start := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.run(&t)
	}()
	<-done
	t.Logf("%d ms", time.Since(start).Milliseconds())
	return result{Name: c.name, Passed: !t.failed, Output: t.output.String()}
}

// report is a bgfetchtest.T.
type report struct {
	mu     sync.Mutex
	failed bool
	output strings.Builder
}

func (t *report) Helper() {}

func (t *report) Logf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(&t.output, format+"\n", args...)
}

func (t *report) Errorf(format string, args ...any) {
	t.Logf(format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = true
}

func (t *report) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}
