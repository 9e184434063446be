package httpapi

import (
	"net/http"
)

// What the list of background fetches is made of (jsglue/component).

func (a api) listings(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"fetches": a.engine.List(), "history": a.engine.HistoryRevision()})
}

func (a api) history(w http.ResponseWriter, r *http.Request) {
	fetches, revision, err := a.engine.History(r.Context())
	reply(w, map[string]any{"fetches": fetches, "revision": revision}, err)
}

// deleteHistory deletes the one with the number of the path, or all.
func (a api) deleteHistory(w http.ResponseWriter, r *http.Request) {
	var numbers []int64
	if text := r.PathValue("number"); text != "" {
		number, ok := number(w, "the number", text)
		if !ok {
			return
		}
		numbers = append(numbers, number)
	}
	reply(w, struct{}{}, a.engine.DeleteHistory(r.Context(), numbers...))
}

func (a api) retry(w http.ResponseWriter, r *http.Request) {
	number, ok := number(w, "the number", r.PathValue("number"))
	if !ok {
		return
	}
	var init struct {
		UniqueID string `json:"uniqueId"`
	}
	if !readJSON(w, r, &init) {
		return
	}
	snapshot, err := a.engine.Retry(r.Context(), number, init.UniqueID)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusCreated, snapshot)
}

func (a api) log(w http.ResponseWriter, r *http.Request) {
	log, err := a.engine.Log(r.Context())
	reply(w, log, err)
}
