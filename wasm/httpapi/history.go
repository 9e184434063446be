package httpapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"

	"background-fetch-wasm/wasm/bgfetch"
)

// What the list of background fetches is made of (jsglue/component).

func (a api) listings(w http.ResponseWriter, r *http.Request) {
	groups, err := a.engine.Groups(r.Context(), false)
	reply(w, listings{a.engine.List(), groups, a.engine.HistoryRevision()}, err)
}

// texts are those of a language, for the list. A navigation does not make the worker ask for a file.
func (a api) texts(w http.ResponseWriter, r *http.Request) {
	if navigates(r) {
		writeError(w, bgfetch.ErrUnknown)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	writeJSON(w, http.StatusOK, a.engine.Texts(ctx, r.URL.Query().Get("lang")))
}

func (a api) history(w http.ResponseWriter, r *http.Request) {
	fetches, revision, err := a.engine.History(r.Context())
	reply(w, historyReply{fetches, revision}, err)
}

func (a api) clearHistory(w http.ResponseWriter, r *http.Request) {
	reply(w, done{}, a.engine.ClearHistory(r.Context()))
}

func (a api) deleteHistory(w http.ResponseWriter, r *http.Request) {
	if number, ok := number(w, "the number", r.PathValue("number")); ok {
		reply(w, done{}, a.engine.DeleteHistory(r.Context(), number))
	}
}

func (a api) retry(w http.ResponseWriter, r *http.Request) {
	number, ok := number(w, "the number", r.PathValue("number"))
	if !ok {
		return
	}
	var init retryInit
	if !readJSON(w, r, &init) {
		return
	}
	snapshot, err := a.engine.Retry(r.Context(), number, cmp.Or(init.UniqueID, rand.Text()))
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusCreated, snapshot)
}

// remains lists what failed background fetches left for another try.
func (a api) remains(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, remainsList{a.engine.Remains()})
}

// deleteRemains deletes what the background fetch in the path left, or all.
func (a api) deleteRemains(w http.ResponseWriter, r *http.Request) {
	uniqueID := r.PathValue("uniqueId")
	deleted, err := a.engine.DeleteRemains(r.Context(), uniqueID)
	if err == nil && deleted == 0 && uniqueID != "" {
		err = bgfetch.ErrUnknown
	}
	reply(w, deletedReply{deleted}, err)
}

func (a api) log(w http.ResponseWriter, r *http.Request) {
	log, err := a.engine.Log(r.Context())
	reply(w, log, err)
}
