package httpapi

import (
	"bytes"
	"embed"
	"net/http"
	"path"
	"strconv"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// files are those of the downloads page; build.sh puts list.js there.
//
//go:embed page
var files embed.FS

// pagePolicy allows the page its own files, and icons from anywhere.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src http: https: data: blob:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// publicPaths are those of the page: what is there is the same for everybody.
var publicPaths = []string{"/", "/list.js", "/language.js", "/page.css"}

// page serves the downloads page, in the language of the worker.
func (a api) page(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	content, err := files.ReadFile("page/" + name)
	if err != nil {
		writeError(w, bgfetch.ErrUnknown)
		return
	}
	if name == "index.html" {
		content = bytes.Replace(content, []byte(`lang="en"`), []byte(`lang="`+a.engine.Lang()+`"`), 1)
	}
	header := w.Header()
	header.Set("Content-Type", contentTypes[path.Ext(name)])
	header.Set("Content-Length", strconv.Itoa(len(content)))
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin") // its links are known by it, see guard
	header.Set("Cache-Control", "no-store")
	_, _ = w.Write(content)
}

// contentTypes does not depend on the machine.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
}
