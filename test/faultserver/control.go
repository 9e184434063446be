package faultserver

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// serveControl answers the log, the hashes and the controls.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", "no-store")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
		header.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	query := r.URL.Query()
	name := query.Get("name")
	switch r.Method + " " + r.URL.Path {
	case "GET /__log__":
		if query.Has("name") {
			sendJSON(w, s.journal.entries(name))
		} else {
			sendJSON(w, s.journal.all())
		}
	case "DELETE /__log__":
		s.journal.forget(name)
		w.WriteHeader(http.StatusNoContent)
	case "GET /__sha256__":
		s.serveHash(w, query)
	case "POST /__control__/cut":
		sendJSON(w, map[string]int{"broken": s.connections.breakOpen(name)})
	case "POST /__control__/stop":
		ms := int64(10000)
		if query.Has("ms") {
			if err := set(&ms, query.Get("ms")); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		s.connections.stop(name, time.Duration(ms)*time.Millisecond)
		s.sendState(w, name)
	case "POST /__control__/start":
		s.connections.start(name)
		s.sendState(w, name)
	case "POST /__control__/answer":
		if err := s.phases.begin(name, query); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.sendState(w, name)
	case "GET /__control__/state":
		s.sendState(w, name)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) sendState(w http.ResponseWriter, name string) {
	remaining, sending := s.connections.state(name)
	sendJSON(w, map[string]int64{"stoppedMs": remaining.Milliseconds(), "sending": int64(sending)})
}

// serveHash answers with the hash of generated content, or of a mounted source.
func (s *Server) serveHash(w http.ResponseWriter, query url.Values) {
	var source Source
	if name := query.Get("name"); name != "" {
		for _, mount := range s.mounts {
			if mount.name == name {
				source = mount.source
			}
		}
		if source == nil {
			http.Error(w, "nothing is mounted with this name", http.StatusNotFound)
			return
		}
	} else {
		o, err := parseOptions(query)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		source = Content{Seed: o.seed, Length: max(0, o.size), Text: o.text, WAV: o.wav}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, s.hash(source))
}

// hash remembers hashes: that of 1 GB takes a second.
func (s *Server) hash(source Source) string {
	if known, ok := s.hashes.Load(source); ok {
		return known.(string)
	}
	sum := HashSource(source)
	s.hashes.Store(source, sum)
	return sum
}

func sendJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(encodeJSON(value))
}

// encodeJSON is for the package's own types, which cannot fail.
func encodeJSON(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return slices.Concat(text, []byte("\n"))
}
