package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// linkLife is how long a link is good, unless all are revoked before.
const linkLife = time.Minute

// links serves some paths by links only, as hosts of large files do: a link expires, and who asks
// with one that is no longer good is answered with 403.
//
//	GET /__link__?path=/clip.wav    a link, as text
//	POST /__control__/revoke        all links so far are no longer good, and what is being sent is
//	                                cut; answered as /__control__/cut is
type links struct {
	http.Handler
	paths []string

	mu sync.Mutex
	// edition counts the times that all were revoked.
	edition int
}

func (l *links) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/__link__":
		w.Header().Set("Cache-Control", "no-store")
		if path := r.URL.Query().Get("path"); slices.Contains(l.paths, path) {
			fmt.Fprint(w, l.linkTo(path))
		} else {
			http.NotFound(w, r)
		}
		return
	case path == "/__control__/revoke" && r.Method == http.MethodPost:
		l.mu.Lock()
		l.edition++
		l.mu.Unlock()
		r.URL.Path = "/__control__/cut"
	case slices.Contains(l.paths, path):
		query := r.URL.Query()
		if !l.isGood(query.Get("key")) {
			query.Set("status", "403")
		}
		query.Del("key")
		r.URL.RawQuery = query.Encode()
	}
	l.Handler.ServeHTTP(w, r)
}

func (l *links) linkTo(path string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprintf("%s?key=%d-%d", path, l.edition, time.Now().Add(linkLife).Unix())
}

func (l *links) isGood(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var edition int
	var expires int64
	n, err := fmt.Sscanf(key, "%d-%d", &edition, &expires)
	return err == nil && n == 2 && edition == l.edition && time.Now().Unix() < expires
}
