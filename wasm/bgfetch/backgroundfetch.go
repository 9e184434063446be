// Package bgfetch has the words of the Background Fetch standard
// (https://wicg.github.io/background-fetch/), what is stored and told of a background
// fetch, and the ports through which package engine reaches the world: ports.go and
// network.go.
//
// The package imports none of the others. Names are the standard's; the anchor of an
// algorithm stands above the function that implements it.
//
// Lengths and offsets are bytes of response or request bodies, durations are
// time.Duration. JSON names are the ones that pages, the glue and the store see.
package bgfetch

import "time"

// Result is the result of a background fetch.
// Source: #enumdef-backgroundfetchresult
type Result string

const (
	ResultNone    Result = ""
	ResultSuccess Result = "success"
	ResultFailure Result = "failure"
)

// FailureReason says why a background fetch, or one of its records, failed.
// Source: #enumdef-backgroundfetchfailurereason
type FailureReason string

const (
	ReasonNone                  FailureReason = ""
	ReasonAborted               FailureReason = "aborted"
	ReasonBadStatus             FailureReason = "bad-status"
	ReasonFetchError            FailureReason = "fetch-error"
	ReasonQuotaExceeded         FailureReason = "quota-exceeded"
	ReasonDownloadTotalExceeded FailureReason = "download-total-exceeded"
)

// Image is an image resource of options.icons or updateUI().
// Source: https://www.w3.org/TR/image-resource/#dom-imageresource
type Image struct {
	Src   string `json:"src"`
	Sizes string `json:"sizes,omitempty"`
	Type  string `json:"type,omitempty"`
	Label string `json:"label,omitempty"`
}

// FetchState is what is stored of a background fetch beside its requests.
// Source: #background-fetch
type FetchState struct {
	UniqueID      string        `json:"uniqueId"`
	ID            string        `json:"id"`
	Title         string        `json:"title"`
	Icons         []Image       `json:"icons,omitempty"`
	DownloadTotal int64         `json:"downloadTotal"`
	UploadTotal   int64         `json:"uploadTotal"`
	Created       time.Time     `json:"created"`
	Result        Result        `json:"result,omitempty"`
	FailureReason FailureReason `json:"failureReason,omitempty"`
	// Aborted is the abort all flag.
	Aborted bool `json:"aborted,omitempty"`
	// AbortedBy is the call that did it, "" for the user's wish and the like.
	AbortedBy string `json:"abortedBy,omitempty"`
	// Paused is the paused flag: nothing is asked for until it is unset.
	Paused bool `json:"paused,omitempty"`
	// Prompting is set while it is paused because the user has not agreed yet.
	Prompting bool `json:"prompting,omitempty"`
	// Group is the site's name for background fetches that belong together, or "".
	Group string `json:"group,omitempty"`
	// Retry is what the site wants otherwise than by default.
	Retry RetryInit `json:"retry,omitzero"`
	NetworkOptions
	// Delivered is set when the closing event is no longer active: the records
	// are then no longer available and only deletion is left to do.
	Delivered bool `json:"delivered,omitempty"`
	// Keep: its records stay if it succeeds.
	Keep bool `json:"keep,omitempty"`
	// KeptAt is set with the result when they do: in ms since 1970, larger than that
	// of all that were kept before.
	KeptAt int64 `json:"keptAt,omitempty"`
	// Retention is for how long.
	Retention Retention `json:"retention,omitzero"`
	// Room is what it may take the room of; "" is RoomFree.
	Room Room `json:"room,omitempty"`
	// InHistory is set when it is in the history, and only kept records are left.
	InHistory bool `json:"ended,omitempty"`
}

// FetchInit is what fetch() is called with.
type FetchInit struct {
	// UniqueID is made by the caller, so that a call whose answer was lost can be
	// made again.
	UniqueID      string    `json:"uniqueId"`
	ID            string    `json:"id"`
	Requests      []Request `json:"requests"`
	Title         string    `json:"title"`
	Icons         []Image   `json:"icons"`
	DownloadTotal int64     `json:"downloadTotal"`

	// Additions to the standard.

	// Group is the name of the group that it belongs to, or "".
	Group string `json:"group,omitempty"`
	// Paused: it begins paused.
	Paused bool      `json:"paused"`
	Retry  RetryInit `json:"retry"`
	// Keep: its records stay if it succeeds.
	Keep bool `json:"keep"`
	// Retention is for how long they do.
	Retention Retention `json:"retention,omitzero"`
	Room      Room      `json:"room,omitempty"`
	NetworkOptions
}
