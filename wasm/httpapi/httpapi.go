// Package httpapi is the one HTTP handler over the engine: pages' messages and
// the service worker's fetch events arrive here alike. Paths are relative to
// <scope>/__bgfetch__/, bodies are JSON. New has all paths; what each takes and answers is
// described in jsglue/shared/routes.ts, which test/wire compares with this package.
//
// HEAD is answered wherever GET is. A navigation changes nothing and causes no request: only
// GET and HEAD are open to it, and it seeks nowhere. One that no page of this origin is known to
// have begun gets the same answer wherever it leads (gate), but for the downloads page.
//
// Errors are RFC 9457 problem details; their member "error" names the exception
// that a page is to see. Nothing is cached (Cache-Control: no-store).
package httpapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// maxWait bounds a request that waits for something to happen; its client then
// asks again.
const maxWait = 20 * time.Second

// maxBody bounds the JSON of a request, in bytes: a background fetch of 100,000
// records fits.
const maxBody = 64 << 20

// New returns the handler.
func New(engine *engine.Engine) http.Handler {
	a := api{engine}
	mux := http.NewServeMux()
	mux.Handle("/fetches", methods{http.MethodGet: a.list, http.MethodPost: a.fetch})
	mux.Handle("/fetches/{uniqueId}", methods{http.MethodGet: a.snapshot})
	mux.Handle("/fetches/{uniqueId}/abort", methods{http.MethodPost: a.abort})
	mux.Handle("/fetches/{uniqueId}/pause", methods{http.MethodPost: a.pause})
	mux.Handle("/fetches/{uniqueId}/resume", methods{http.MethodPost: a.resume})
	mux.Handle("/fetches/{uniqueId}/options", methods{http.MethodPost: a.setOptions})
	mux.Handle("/fetches/{uniqueId}/ui", methods{http.MethodPost: a.updateUI})
	mux.Handle("/fetches/{uniqueId}/match", methods{http.MethodPost: a.match})
	mux.Handle("/fetches/{uniqueId}/records/{index}", methods{http.MethodGet: a.record})
	mux.Handle("/fetches/{uniqueId}/records/{index}/request", methods{http.MethodPost: a.setRequest})
	mux.Handle("/fetches/{uniqueId}/records/{index}/plan", methods{http.MethodGet: a.plan})
	mux.Handle("/groups", methods{http.MethodGet: a.groups})
	mux.Handle("/groups/abort", methods{http.MethodPost: a.abortGroup})
	mux.Handle("/groups/pause", methods{http.MethodPost: a.pauseGroup})
	mux.Handle("/groups/resume", methods{http.MethodPost: a.resumeGroup})
	mux.Handle("/groups/options", methods{http.MethodPost: a.setGroupOptions})
	mux.Handle("/{$}", methods{http.MethodGet: a.page})
	mux.Handle("/list.js", methods{http.MethodGet: a.page})
	mux.Handle("/page.css", methods{http.MethodGet: a.page})
	mux.Handle("/language.js", methods{http.MethodGet: a.page})
	mux.Handle("/texts", methods{http.MethodGet: a.texts})
	mux.Handle("/list", methods{http.MethodGet: a.listings})
	mux.Handle("/history", methods{http.MethodGet: a.history, http.MethodDelete: a.clearHistory})
	mux.Handle("/history/{number}", methods{http.MethodDelete: a.deleteHistory})
	mux.Handle("/history/{number}/retry", methods{http.MethodPost: a.retry})
	mux.Handle("/log", methods{http.MethodGet: a.log})
	mux.Handle("/fetches/{uniqueId}/records/{index}/body", methods{http.MethodGet: a.body})
	mux.Handle("/fetches/{uniqueId}/zip", methods{http.MethodGet: a.zip})
	mux.Handle("/body", methods{http.MethodGet: a.urlBody})
	mux.Handle("/kept", methods{http.MethodGet: a.kept, http.MethodDelete: a.deleteKept})
	mux.Handle("/usage", methods{http.MethodGet: a.usage})
	mux.Handle("/kept/{uniqueId}", methods{http.MethodDelete: a.deleteKeptOf})
	mux.Handle("/remains", methods{http.MethodGet: a.remains, http.MethodDelete: a.deleteRemains})
	mux.Handle("/remains/{uniqueId}", methods{http.MethodDelete: a.deleteRemains})
	mux.Handle("/ids", methods{http.MethodPost: a.active})
	mux.Handle("/program", methods{http.MethodGet: program})
	mux.HandleFunc("/ids/{id}", a.newest(mux))
	mux.HandleFunc("/ids/{id}/{rest...}", a.newest(mux))
	mux.HandleFunc("/", noSuchPath)
	return guard(mux)
}

// noSuchPath answers for a path that nothing has, whatever there is under way.
func noSuchPath(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, http.StatusNotFound, bgfetch.InvalidStateError, "no such path: "+r.URL.EscapedPath())
}

type api struct{ engine *engine.Engine }

// list answers getIds(), and with an id as active does.
func (a api) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if !query.Has("id") {
		writeJSON(w, http.StatusOK, fetchList{a.engine.Active()})
		return
	}
	a.get(w, query.Get("id"))
}

// active answers get().
func (a api) active(w http.ResponseWriter, r *http.Request) {
	var init idInit
	if readJSON(w, r, &init) {
		a.get(w, init.ID)
	}
}

func (a api) get(w http.ResponseWriter, id string) {
	snapshot, ok := a.engine.Get(id)
	if !ok {
		writeError(w, bgfetch.ErrUnknown)
		return
	}
	writeJSON(w, http.StatusOK, snapshot)
}

func (a api) fetch(w http.ResponseWriter, r *http.Request) {
	var init fetchInit
	if !readJSON(w, r, &init) {
		return
	}
	init.UniqueID = cmp.Or(init.UniqueID, rand.Text())
	for _, request := range init.Requests {
		init.FetchInit.Requests = append(init.FetchInit.Requests, request.resolve(r.URL))
	}
	snapshot, err := a.engine.Fetch(r.Context(), init.FetchInit)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Location", "fetches/"+snapshot.UniqueID)
	writeJSON(w, http.StatusCreated, snapshot)
}

// requestInit is a Request, or only its URL.
type requestInit bgfetch.Request

// UnmarshalJSON implements json.Unmarshaler.
func (r *requestInit) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &r.URL)
	}
	return json.Unmarshal(text, (*bgfetch.Request)(r))
}

// resolve returns the request with what was left out: GET, and the origin.
func (r requestInit) resolve(base *url.URL) bgfetch.Request {
	request := bgfetch.Request(r)
	request.Method = cmp.Or(request.Method, http.MethodGet)
	if u, err := url.Parse(request.URL); err == nil && u.Host == "" && strings.HasPrefix(u.Path, "/") && u.Scheme == "" {
		request.URL = base.ResolveReference(u).String()
	}
	return request
}

func (a api) snapshot(w http.ResponseWriter, r *http.Request) {
	snapshot, err := a.engine.Snapshot(r.PathValue("uniqueId"))
	reply(w, snapshot, err)
}

// newest answers for a path that names a background fetch by its id.
func (a api) newest(handler http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		uniqueID, err := a.engine.Newest(r.PathValue("id"))
		if err != nil {
			writeError(w, err)
			return
		}
		named := r.Clone(r.Context())
		named.URL.Path = "/fetches/" + uniqueID
		named.URL.RawPath = named.URL.Path
		// What is escaped stays so: a slash or dots in it must not lead elsewhere.
		if _, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/ids/"), "/"); ok {
			named.URL.Path += "/" + r.PathValue("rest")
			named.URL.RawPath += "/" + rest
		}
		handler.ServeHTTP(w, named)
	}
}

func (a api) abort(w http.ResponseWriter, r *http.Request) {
	aborted, err := a.engine.Abort(r.Context(), r.PathValue("uniqueId"), r.URL.Query().Get("call"))
	reply(w, abortReply{aborted}, err)
}

func (a api) pause(w http.ResponseWriter, r *http.Request) {
	paused, err := a.engine.Pause(r.PathValue("uniqueId"))
	reply(w, pauseReply{paused}, err)
}

func (a api) resume(w http.ResponseWriter, r *http.Request) {
	err := a.engine.Resume(r.PathValue("uniqueId"))
	reply(w, pauseReply{}, err)
}

func (a api) setOptions(w http.ResponseWriter, r *http.Request) {
	var change bgfetch.NetworkOptionsInit
	if !readJSON(w, r, &change) {
		return
	}
	changed, err := a.engine.SetOptions(r.PathValue("uniqueId"), change)
	reply(w, optionsReply{changed}, err)
}

func (a api) updateUI(w http.ResponseWriter, r *http.Request) {
	var ui bgfetch.UI
	if !readJSON(w, r, &ui) {
		return
	}
	reply(w, done{}, a.engine.UpdateUI(r.PathValue("uniqueId"), ui))
}

func (a api) match(w http.ResponseWriter, r *http.Request) {
	var init matchInit
	if !readJSON(w, r, &init) {
		return
	}
	cache, records, err := a.engine.Match(r.PathValue("uniqueId"), init.Request, init.Options, init.First)
	reply(w, matchReply{cache, records}, err)
}

func (a api) record(w http.ResponseWriter, r *http.Request) {
	index, ok := number(w, "record", r.PathValue("index"))
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	record, err := a.engine.Record(ctx, r.PathValue("uniqueId"), int(index), r.URL.Query().Get("wait") == "head")
	record.Request = record.Request.Bare()
	reply(w, record, err)
}

func (a api) setRequest(w http.ResponseWriter, r *http.Request) {
	index, ok := number(w, "record", r.PathValue("index"))
	var init requestInit
	if !ok || !readJSON(w, r, &init) {
		return
	}
	changed, err := a.engine.SetRequest(r.PathValue("uniqueId"), int(index), init.resolve(r.URL))
	reply(w, optionsReply{changed}, err)
}

func (a api) plan(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	index, ok := number(w, "record", r.PathValue("index"))
	if !ok {
		return
	}
	generation, ok := number(w, "generation", query.Get("generation"))
	if !ok {
		return
	}
	from, ok := number(w, "from", query.Get("from"))
	if !ok {
		return
	}
	if query.Has("seek") && !query.Has("stay") {
		a.seek(r, r.PathValue("uniqueId"), int(index), from)
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	plan, err := a.engine.Plan(ctx, r.PathValue("uniqueId"), int(index), int(generation), from, query.Has("wait"))
	reply(w, plan, err)
}

// seek lets the transfer go where a reader is: all that reading can cause. A navigation causes
// nothing.
func (a api) seek(r *http.Request, uniqueID string, index int, offset int64) {
	if !navigates(r) {
		a.engine.Seek(uniqueID, index, offset)
	}
}

// program says what the program itself takes, without what it has done with: nothing else makes a
// small program collect its garbage, to which references to JavaScript's values belong.
func program(w http.ResponseWriter, _ *http.Request) {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	writeJSON(w, http.StatusOK, programReply{runtime.NumGoroutine(), memory.Sys})
}

// number parses a parameter that counts something, up to 2^53 - 1. If it cannot
// it has answered.
func number(w http.ResponseWriter, name, text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n >= 1<<53 {
		writeProblem(w, http.StatusBadRequest, bgfetch.TypeError, name+" is not a number: "+strconv.Quote(text))
		return 0, false
	}
	return n, true
}

// methods serves a path by method, and answers 405 for others.
type methods map[string]http.HandlerFunc

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if handler, ok := m[method]; ok {
		handler(w, r)
		return
	}
	allowed := slices.Sorted(maps.Keys(m))
	if _, ok := m[http.MethodGet]; ok {
		allowed = append(allowed, http.MethodHead)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeProblem(w, http.StatusMethodNotAllowed, bgfetch.TypeError, "this resource does not support the method "+r.Method)
}

// readJSON decodes the body of a request into v. If it cannot it has answered.
func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	err := decoder.Decode(v)
	if err == nil {
		err = ended(decoder)
	}
	var tooLarge *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return true
	case errors.As(err, &tooLarge):
		writeProblem(w, http.StatusRequestEntityTooLarge, bgfetch.TypeError, "the request is larger than "+strconv.Itoa(maxBody)+" bytes")
	case errors.As(err, &wrongType):
		member := wrongType.Field[strings.LastIndex(wrongType.Field, ".")+1:]
		detail := "the JSON of the request is wrong: " + cmp.Or(member, "it") + " may not be of the type " + wrongType.Value
		if expected, ok := options[member]; ok {
			detail = expected + ", not of the type " + wrongType.Value
		}
		writeProblem(w, http.StatusBadRequest, bgfetch.TypeError, detail)
	default:
		writeProblem(w, http.StatusBadRequest, bgfetch.TypeError, "the request is not valid JSON for this resource: "+err.Error())
	}
	return false
}

// options are what fetch() calls members of the JSON that pages fill in as they get them, and what they may be.
var options = map[string]string{
	"keep":   "options.keep must be true, false or an object",
	"pinned": "options.keep.pinned must be true or false",
	"room":   "options.room must be 'free' or 'evict'",
}

// ended returns an error unless only white space follows.
func ended(decoder *json.Decoder) error {
	_, err := decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errors.New("unexpected data follows it")
	}
	return err
}
