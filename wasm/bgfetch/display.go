package bgfetch

// Shown is what the user is to see of a background fetch, or of a group of them.
//
// Source: #display-a-background-fetch
type Shown struct {
	// Tag names the place where it is shown: what was there is replaced.
	Tag string `json:"tag"`
	// Group is the name of the group that the actions are for, "" where they are for the
	// background fetch of Snapshot.
	Group string `json:"group,omitempty"`
	Title string `json:"title"`
	// Body is the origin and the progress, in figures and signs.
	Body string `json:"body"`
	// Lang is the language of it all, as a BCP 47 tag, where that is known.
	Lang string `json:"lang,omitempty"`
	// Icon is a URL, or "".
	Icon string `json:"icon,omitempty"`
	// Actions are what the user can do, the most important first.
	Actions []Action `json:"actions"`
	// Prompting: a click anywhere says that the user agrees.
	Prompting bool `json:"prompting,omitempty"`
	// Snapshot is for the listeners of a click: of a group, that of the newest.
	Snapshot Snapshot `json:"snapshot"`
}

// Action is something that the user can do about what is shown, and its label.
type Action struct {
	Action ActionName `json:"action"`
	Title  string     `json:"title"`
}

// ActionName is what an action does: the last part of a path of package httpapi.
type ActionName string

const (
	ActionAbort  ActionName = "abort"
	ActionPause  ActionName = "pause"
	ActionResume ActionName = "resume"
)

// UI is what updateUI() is given. What it is not given stays.
//
// Source: #dictdef-backgroundfetchuioptions
type UI struct {
	Title *string `json:"title"`
	Icons []Image `json:"icons"`
}
