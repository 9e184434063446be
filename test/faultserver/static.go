package faultserver

import (
	"fmt"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// contentTypes does not depend on what the machine knows about file endings.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".mjs":         "text/javascript; charset=utf-8",
	".map":         "application/json",
	".md":          "text/plain; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
}

// files serves those of a directory. Their ETag tells two in one second apart, as Last-Modified does
// not: who asks whether a file has changed would be told that it has not.
func files(dir string) http.Handler {
	server := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Join(dir, filepath.FromSlash(path.Clean("/"+r.URL.Path)))
		info, err := os.Stat(name)
		if err == nil && info.IsDir() {
			info, err = os.Stat(filepath.Join(name, "index.html"))
		}
		if err == nil {
			w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
		}
		server.ServeHTTP(w, r)
	})
}

// Static serves files from directories, each below a prefix of the path such as
// "/" or "/dist/"; the longest prefix decides. Browsers have to ask each time
// whether a file has changed. Every answer gets the policy as
// Content-Security-Policy, if it is not ""; the parameter csp in the query of a
// file replaces it for that file.
func Static(dirs map[string]string, policy string) http.Handler {
	mux := http.NewServeMux()
	for prefix, dir := range dirs {
		prefix = "/" + strings.Trim(prefix, "/")
		if prefix != "/" {
			prefix += "/"
		}
		mux.Handle(prefix, http.StripPrefix(strings.TrimSuffix(prefix, "/"), files(dir)))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-cache")
		ending := path.Ext(r.URL.Path)
		if contentType, ok := contentTypes[ending]; ok {
			header.Set("Content-Type", contentType)
		} else if contentType := mime.TypeByExtension(ending); contentType != "" {
			header.Set("Content-Type", contentType)
		}
		csp := policy
		if r.URL.Query().Has("csp") {
			csp = r.URL.Query().Get("csp")
		}
		if csp != "" {
			header.Set("Content-Security-Policy", csp)
		}
		mux.ServeHTTP(w, r)
	})
}
