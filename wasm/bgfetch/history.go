package bgfetch

// Listing is what a list of background fetches shows of one.
type Listing struct {
	Snapshot
	// Title is the site's, shortened.
	Title string `json:"title"`
	// Icon is a URL, or "".
	Icon string `json:"icon,omitempty"`
	// Created is in ms since 1970.
	Created int64 `json:"created"`
	// URL is that of the first request, and Records the number of requests.
	URL     string `json:"url"`
	Records int    `json:"records"`
	// Total is the number of bytes of all request and response bodies, or 0 while
	// neither the site nor the servers have said it.
	Total int64 `json:"total"`
	// Pausable is set where all that is under way can be stopped and made again.
	Pausable bool `json:"pausable,omitempty"`
	// Savable is set where the bodies can be had as a file: that of the only record, or of
	// all in one archive.
	Savable bool `json:"savable,omitempty"`
	// Detail says for people why it failed, or "".
	Detail string `json:"detail,omitempty"`
}

// Ended is a background fetch that is done with, as the history keeps it, but for Kept: whether
// there are still records of it that were kept, Remains, and, of what is kept, Gone and Downloaded.
type Ended struct {
	Listing
	// Number names it in the history, which gives it: the last has the largest.
	Number int64 `json:"number"`
	// Ended is in ms since 1970.
	Ended int64 `json:"ended"`
	// Retryable: Retry can make it again.
	Retryable bool `json:"retryable,omitempty"`
	// Remains is how many bytes it left for another try.
	Remains int64 `json:"remains,omitempty"`
	// Gone is how many of its records were kept and are no more; Downloaded does not count them.
	Gone int `json:"gone,omitempty"`
	// AbortedBy is the name of the call that aborted it. Only the store sees it.
	AbortedBy string `json:"abortedBy,omitempty"`
	// Again is what it is made again with. It is kept of one that failed, whose
	// requests have no body and are small. Only the store sees it.
	Again *FetchInit `json:"again,omitempty"`
}

// MaxHistory is the number of background fetches that the history keeps.
const MaxHistory = 100

// KeptRecord is a record that was kept.
type KeptRecord struct {
	RecordSnapshot
	UniqueID string `json:"uniqueId"`
	ID       string `json:"id"`
	// Title and Icon are those of a Listing.
	Title string `json:"title"`
	Icon  string `json:"icon,omitempty"`
	// Type is the Content-Type of the response, or "".
	Type string `json:"type"`
	// Kept is in ms since 1970.
	Kept int64 `json:"kept"`
	Retention
}

// KeptQuery chooses among kept records. Its zero value stands for all of them.
type KeptQuery struct {
	// UniqueID is that of their background fetch, or "".
	UniqueID string
	// URL is that of their requests, or "".
	URL          string
	IgnoreSearch bool
	// Group is their group; nil: any.
	Group *string
}
