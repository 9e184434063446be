package httpapi

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
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
		case navigates(r):
			// Another site can make a browser send a form to us.
			writeProblem(w, http.StatusForbidden, bgfetch.TypeError, "a navigation changes nothing here")
			return
		}
		if navigates(r) && !fromHere(r) && !slices.Contains(publicPaths, escaped) {
			writeGate(w)
			return
		}
		if path.Clean(escaped) != escaped { // the mux would redirect, out of our paths
			noSuchPath(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// navigates says that the answer is for a tab or a frame, or is saved. Whoever can make a
// user follow a link can make a browser send such a request, and no other one, to us.
func navigates(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Mode") == "navigate" }

// fromHere says that a page of this origin asks, as far as that can be seen.
func fromHere(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" { // which browsers do not show to workers
		return site == "same-origin"
	}
	referrer, err := url.Parse(r.Referer())
	return err == nil && referrer.Host != "" && referrer.Scheme == r.URL.Scheme && referrer.Host == r.URL.Host
}

// gate is the answer to every navigation that no page of this origin is known to have
// begun, whatever is stored: another site sees whether a window of its own is left where it
// is (what is saved), or shows a document, and could so tell which ids there are.
const gate = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Background Fetch</title>
<p>What this site has stored is opened from its own pages. <a href="">Open it all the same</a></p>
</html>
`

// writeGate answers with the gate. Its link leads to the same address, from here.
func writeGate(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", contentTypes[".html"])
	header.Set("Content-Length", strconv.Itoa(len(gate)))
	header.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin") // who opened it does not see where the link leads
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(gate)) // a client that went away needs no answer
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
		return "stored bytes cannot be used as " + dest + " of this origin"
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
