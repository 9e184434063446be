//go:build js && wasm

// The program that runs in the service worker: it resumes what the worker before
// it left, then answers requests for as long as the worker lives.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/browser"
	"background-fetch-wasm/wasm/engine"
	"background-fetch-wasm/wasm/httpapi"
	"background-fetch-wasm/wasm/idbstore"
	"background-fetch-wasm/wasm/pace"
)

func main() {
	log.SetFlags(0)
	bridge, err := browser.Connect()
	if err != nil {
		log.Fatalln("bgfetch:", err) // there is nobody to tell
	}
	ctx, stop := context.WithCancel(context.Background())
	handler, err := start(ctx, bridge)
	if err != nil {
		stop() // what may have resumed before
		// Serve all the same, so that pages hear the reason instead of waiting.
		log.Println("bgfetch:", err)
		handler = httpapi.Broken(err)
	}
	if err := browser.Serve(handler); err != nil {
		log.Fatalln("bgfetch:", err)
	}
	if ctx.Err() != nil {
		// The glue starts a new program, for which it may be otherwise.
		time.Sleep(brokenFor)
		os.Exit(1)
	}
	select {}
}

// brokenFor is how long a program that cannot work tells pages why.
const brokenFor = 10 * time.Second

// toldWithin is how long it takes until who waits for an engine that has ended has been
// told so.
const toldWithin = time.Second

// openAgain is how long a database that cannot be opened is left alone before it counts as damaged.
const openAgain = time.Second

// openStore opens the database. One that is damaged is made anew where little is lost with it: the
// history, but no body.
func openStore(ctx context.Context, name string, bodies *browser.Bodies) (*idbstore.Store, error) {
	store, err := idbstore.Open(ctx, name)
	if !errors.Is(err, idbstore.ErrDamaged) {
		return store, err
	}
	if stored, unknown := bodies.UniqueIDs(ctx); unknown != nil || len(stored) > 0 {
		return nil, err
	}
	time.Sleep(openAgain)
	if store, err = idbstore.Open(ctx, name); !errors.Is(err, idbstore.ErrDamaged) {
		return store, err
	}
	log.Printf("bgfetch: %v; nothing is stored, so it is made anew", err)
	if err := idbstore.Delete(ctx, name); err != nil {
		return nil, err
	}
	return idbstore.Open(ctx, name)
}

// start puts the program together and returns when the engine has resumed.
func start(ctx context.Context, bridge *browser.Bridge) (http.Handler, error) {
	bodies := &browser.Bodies{Bridge: bridge}
	store, err := openStore(ctx, bridge.Config.Database, bodies)
	if err != nil {
		return nil, err
	}
	retry, err := bridge.Config.Retry.Apply(bgfetch.DefaultRetryPolicy)
	if err != nil {
		return nil, err
	}
	remains, err := engine.RemainsPolicy(bridge.Config.Remains)
	if err != nil {
		return nil, err
	}
	texts, err := bgfetch.ReadTexts(bridge.Config.Texts)
	if err != nil {
		return nil, err
	}
	language := browser.Language{Bridge: bridge}
	lang := bridge.Config.Lang
	if lang == "" {
		lang = language.OfBrowser()
	} else if !bgfetch.IsLanguageTag(lang) {
		return nil, bgfetch.Errorf(bgfetch.TypeError, "backgroundFetchOptions.lang is no language, such as de or pt-BR: %q", lang)
	}
	ranges := pace.DefaultPolicy
	if !bridge.Config.Ranges {
		ranges = pace.OneRange
	}
	var onLog func(bgfetch.LogEntry)
	if bridge.Config.Debug {
		onLog = bridge.ReportLog
	}
	var onLogBatch func(bgfetch.LogBatch)
	if bridge.Config.OnLog {
		onLogBatch = bridge.ReportLogBatch
	}
	engine := engine.NewEngine(engine.Ports{
		Store:   store,
		Bodies:  bodies,
		Network: browser.Network{Bridge: bridge, Bodies: bodies},
		Events:  browser.Events{Bridge: bridge},
		Display: browser.Display{Bridge: bridge},

		Language: language,
	}, engine.Options{
		Origin:     bridge.Config.Origin(),
		Permission: bridge.Config.Permission,
		OnActive:   bridge.ReportActive,
		OnLog:      onLog,
		OnLogBatch: onLogBatch,
		Retry:      retry,
		Ranges:     ranges,
		Remains:    remains,
		KeepMax:    bridge.Config.KeepMax,

		Network:      bridge.Config.Network,
		MaxBandwidth: bridge.Config.MaxBandwidth,
		Framing:      bridge.Config.Framing,

		Lang:  lang,
		Texts: texts,
	})
	if err := engine.Start(ctx); err != nil {
		return nil, err
	}
	// In either case the glue starts a new program, which makes of it what it can.
	go func() {
		<-store.Lost()
		_ = store.Close() // whoever changes it waits for that
		log.Fatalln("bgfetch: the database was deleted or upgraded from elsewhere")
	}()
	go func() {
		<-engine.Done()
		time.Sleep(toldWithin)
		log.Fatalln("bgfetch:", engine.Err())
	}()
	return httpapi.New(engine), nil
}
