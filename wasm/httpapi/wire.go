package httpapi

import "background-fetch-wasm/wasm/bgfetch"

// The JSON of requests and replies that package bgfetch has no type for.

// fetchInit is a bgfetch.FetchInit whose requests may be URLs, and whose unique id may be left out.
type fetchInit struct {
	bgfetch.FetchInit
	Requests []requestInit `json:"requests"`
}

// idInit is an id that no URL has room for.
type idInit struct {
	ID string `json:"id"`
}

type matchInit struct {
	Request *bgfetch.MatchRequest `json:"request"`
	Options bgfetch.MatchOptions  `json:"options"`
	First   bool                  `json:"first"`
}

// retryInit has the unique id of the new background fetch, which may be left out.
type retryInit struct {
	UniqueID string `json:"uniqueId"`
}

// fetchList has the active ones, oldest first.
type fetchList struct {
	Fetches []bgfetch.Snapshot `json:"fetches"`
}

type abortReply struct {
	Aborted bool `json:"aborted"`
}

type pauseReply struct {
	Paused bool `json:"paused"`
}

type optionsReply struct {
	Changed bool `json:"changed"`
}

// matchReply has the name of the cache in which request bodies lie.
type matchReply struct {
	Cache   string                   `json:"cache"`
	Records []bgfetch.RecordSnapshot `json:"records"`
}

// listings has those that are not done with, oldest first, their groups, and the revision of the
// history.
type listings struct {
	Fetches []bgfetch.Listing       `json:"fetches"`
	Groups  []bgfetch.GroupSnapshot `json:"groups"`
	History int64                   `json:"history"`
}

type groupList struct {
	Groups []bgfetch.GroupSnapshot `json:"groups"`
}

// historyReply has those that are done with, the last first.
type historyReply struct {
	Fetches  []bgfetch.Ended `json:"fetches"`
	Revision int64           `json:"revision"`
}

// keptList has the last kept first.
type keptList struct {
	Records []bgfetch.KeptRecord `json:"records"`
}

// remainsList has the last left first.
type remainsList struct {
	Remains []bgfetch.RemainsListing `json:"remains"`
}

type deletedReply struct {
	Deleted int `json:"deleted"`
}

// programReply is what the program itself takes; memory is in bytes.
type programReply struct {
	Goroutines int    `json:"goroutines"`
	Memory     uint64 `json:"memory"`
}

// done is the reply that says nothing else.
type done struct{}
