package httpapi

import (
	"net/http"

	"background-fetch-wasm/wasm/bgfetch"
)

// groups tells of the group that the query names, or of all.
func (a api) groups(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Has("group") {
		group, err := a.engine.Group(r.Context(), query.Get("group"))
		reply(w, group, err)
		return
	}
	groups, err := a.engine.Groups(r.Context(), true)
	reply(w, groupList{groups}, err)
}

func (a api) abortGroup(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	aborted, err := a.engine.AbortGroup(r.Context(), query.Get("group"), query.Get("call"))
	reply(w, abortReply{aborted}, err)
}

func (a api) pauseGroup(w http.ResponseWriter, r *http.Request) {
	paused, err := a.engine.PauseGroup(r.URL.Query().Get("group"))
	reply(w, pauseReply{paused}, err)
}

func (a api) resumeGroup(w http.ResponseWriter, r *http.Request) {
	err := a.engine.ResumeGroup(r.URL.Query().Get("group"))
	reply(w, pauseReply{}, err)
}

func (a api) setGroupOptions(w http.ResponseWriter, r *http.Request) {
	var change bgfetch.NetworkOptionsInit
	if !readJSON(w, r, &change) {
		return
	}
	changed, err := a.engine.SetGroupOptions(r.URL.Query().Get("group"), change)
	reply(w, optionsReply{changed}, err)
}
