package httpapi

import (
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// guard refuses what nobody of this origin can have meant, before any resource is asked.
func guard(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		escaped := r.URL.EscapedPath()
		switch {
		case r.Method == http.MethodHead:
			w = &headOnly{w}
		case r.Method == http.MethodGet:
		case r.Header.Get("Sec-Fetch-Mode") == "navigate":
			// Another site can make a browser send a form to us.
			writeProblem(w, http.StatusForbidden, bgfetch.TypeError, "a navigation changes nothing here")
			return
		}
		if path.Clean(escaped) != escaped { // the mux would redirect, out of our paths
			writeError(w, bgfetch.ErrUnknown)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// headOnly drops the content of the answer.
type headOnly struct{ http.ResponseWriter }

// Write implements http.ResponseWriter.
func (h *headOnly) Write(data []byte) (int, error) { return len(data), nil }

// destinations are those for which stored bytes are sent, as Sec-Fetch-Dest names
// them: to be read, to be shown as media, or to be saved. For all others they
// would be code or style of the page, whatever its policy says of where that may
// come from.
var destinations = []string{"", "empty", "audio", "video", "image", "track", "font", "document", "iframe", "frame"}

// refusedDestination says why stored bytes are not sent, or "".
func refusedDestination(r *http.Request) string {
	if dest := r.Header.Get("Sec-Fetch-Dest"); !slices.Contains(destinations, dest) {
		return "stored bytes are no " + dest + " of this origin"
	}
	return ""
}

// framed says that the answer is for a frame. What could be active is refused there
// altogether: nobody wants to save it by accident.
func framed(r *http.Request) bool {
	dest := r.Header.Get("Sec-Fetch-Dest")
	return dest == "iframe" || dest == "frame"
}

// protect lets nothing that is opened from the store be a document of our origin:
// scripts in it do not run, its origin is opaque, and what could be active is saved.
func protect(header http.Header, contentType string) {
	header.Set("Content-Security-Policy",
		"sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	if !passive(contentType) {
		header.Set("Content-Disposition", "attachment")
	}
}

// passive says that a browser only shows or plays content of that media type.
func passive(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	kind, _, whole := strings.Cut(mediaType, "/")
	if !whole { // a browser takes it for none, and looks for itself
		return false
	}
	switch kind {
	case "audio", "video", "font":
		return true
	case "image":
		return mediaType != "image/svg+xml"
	}
	return mediaType == "text/plain"
}
