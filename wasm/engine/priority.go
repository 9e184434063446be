package engine

import (
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// rank is the index of the priority in priorities.
func (f *backgroundFetch) rank() int {
	return slices.Index(bgfetch.Priorities, f.network().Priority)
}

// priorityHint is that of the record's requests: what the page itself waits for goes
// before them, unless the site says that this is as urgent.
func (r *record) priorityHint() string {
	r.fetch.engine.mu.Lock()
	defer r.fetch.engine.mu.Unlock()
	if r.fetch.rank() == 0 {
		return ""
	}
	return "low"
}
