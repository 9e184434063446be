package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// maxURLWait bounds how long a request for a URL waits for the head of a response
// that is on its way: whoever asks may have another source.
const maxURLWait = 2 * time.Second

// urlBody answers for the URL in the query with the body of the record that was kept for it,
// or that is under way; 404 where there is none, 503 where it does not come soon.
func (a api) urlBody(w http.ResponseWriter, r *http.Request) {
	query, ok := urlQuery(w, r)
	if !ok {
		return
	}
	uniqueID, index, err := a.engine.Find(query.URL, query.IgnoreSearch)
	if err != nil {
		writeError(w, err)
		return
	}
	if !a.engine.ComesSoon(uniqueID, index, firstByte(r)) {
		writeProblem(w, http.StatusServiceUnavailable, bgfetch.InvalidStateError, "these bytes cannot be read for now")
		return
	}
	a.recordBody(w, r, uniqueID, index, maxURLWait)
}

// kept lists the records that were kept, all or those with the URL or of the group in the query.
func (a api) kept(w http.ResponseWriter, r *http.Request) {
	query := bgfetch.KeptQuery{}
	if r.URL.RawQuery != "" {
		var ok bool
		if query, ok = keptQuery(w, r); !ok {
			return
		}
	}
	writeJSON(w, http.StatusOK, keptList{a.engine.Kept(query)})
}

// usage tells how many bytes are kept.
func (a api) usage(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, a.engine.KeptUsage())
}

// deleteKept deletes those with the URL or of the group in the query, of which there may be none.
func (a api) deleteKept(w http.ResponseWriter, r *http.Request) {
	if query, ok := keptQuery(w, r); ok {
		deleted, err := a.engine.DeleteKept(r.Context(), query)
		reply(w, deletedReply{deleted}, err)
	}
}

// deleteKeptOf deletes those of the background fetch in the path.
func (a api) deleteKeptOf(w http.ResponseWriter, r *http.Request) {
	deleted, err := a.engine.DeleteKept(r.Context(), bgfetch.KeptQuery{UniqueID: r.PathValue("uniqueId")})
	if err == nil && deleted == 0 {
		err = bgfetch.ErrUnknown
	}
	reply(w, deletedReply{deleted}, err)
}

// keptQuery reads group, or else url and ignoreSearch. If there is none of them it has answered.
func keptQuery(w http.ResponseWriter, r *http.Request) (bgfetch.KeptQuery, bool) {
	if query := r.URL.Query(); query.Has("group") {
		group := query.Get("group")
		return bgfetch.KeptQuery{Group: &group}, true
	}
	return urlQuery(w, r)
}

// urlQuery reads url, which may be relative to the origin, and ignoreSearch. If there is no
// such URL it has answered.
func urlQuery(w http.ResponseWriter, r *http.Request) (bgfetch.KeptQuery, bool) {
	query := r.URL.Query()
	text := query.Get("url")
	// An absolute one is as the browser writes it, a lone % and all.
	if !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
		u, err := url.Parse(text)
		if err != nil || text == "" {
			writeProblem(w, http.StatusBadRequest, bgfetch.TypeError, "url is not a URL: "+text)
			return bgfetch.KeptQuery{}, false
		}
		text = r.URL.ResolveReference(u).String()
	}
	return bgfetch.KeptQuery{URL: text, IgnoreSearch: query.Has("ignoreSearch")}, true
}
