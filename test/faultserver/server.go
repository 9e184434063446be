package faultserver

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Server is the handler. The zero value is ready to use, by any number of
// listeners at once; Mount and Fallback are for before it serves.
type Server struct {
	// Fallback answers the paths that are not the server's own, 404 if it is nil.
	// Controls do not touch it.
	Fallback http.Handler

	mounts      map[string]mount // by path
	journal     journal
	connections connections
	phases      phases
	links       links
	hashes      sync.Map // Source -> hex; a Source must therefore be comparable
	encodedSize sync.Map // encodedContent -> int64
	encoded     sync.Map // encodedContent -> Source
}

// mount is a resource with a path and content of its own.
type mount struct {
	name     string
	source   Source
	defaults url.Values
}

// Mount serves a source at path, with all faults and the log of name. The query
// gives parameters which the query of a request overrides; size, seed and text
// mean nothing here.
func (s *Server) Mount(path, name, query string, source Source) error {
	defaults, err := url.ParseQuery(query)
	if err == nil {
		_, err = parseOptions(defaults)
	}
	if err != nil {
		return err
	}
	if s.mounts == nil {
		s.mounts = make(map[string]mount)
	}
	s.mounts[path] = mount{name, source, defaults}
	return nil
}

// Log returns a copy of the log of name, oldest first.
func (s *Server) Log(name string) []Entry { return s.journal.entries(name) }

// ServeHTTP routes the request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if mount, ok := s.mounts[path]; ok {
		query := url.Values{}
		for _, values := range []url.Values{mount.defaults, r.URL.Query()} {
			for name, value := range values {
				query[name] = value
			}
		}
		s.serveResource(w, r, mount.name, query, mount.source)
		return
	}
	for _, prefix := range []string{"/file/", "/upload/"} {
		if name, ok := strings.CutPrefix(path, prefix); ok && name != "" {
			s.serveResource(w, r, name, r.URL.Query(), nil)
			return
		}
	}
	switch {
	case strings.HasPrefix(path, "/__"):
		s.serveControl(w, r)
	case s.Fallback != nil:
		s.Fallback.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}
