package bgfetch

import "slices"

// Priority says which background fetches go first: an addition to the standard. The
// scheduler keeps to it.
type Priority string

const (
	PriorityHigh   Priority = "high"
	PriorityNormal Priority = "normal"
	PriorityLow    Priority = "low"
)

// priorities are all of them, the highest first.
var priorities = []Priority{PriorityHigh, PriorityNormal, PriorityLow}

// rank is the index of the priority in priorities.
func (f *backgroundFetch) rank() int {
	return slices.Index(priorities, f.network().Priority)
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
