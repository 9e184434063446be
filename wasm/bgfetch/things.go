// Package bgfetch implements the Background Fetch standard
// (https://wicg.github.io/background-fetch/) over ports: state, network,
// bodies and events are interfaces declared in ports.go.
//
// The package imports nothing of the browser. Names are the standard's; the
// anchor of an algorithm stands above the function that implements it.
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

// ResponseResult is the result of a record's response data: "" while it is
// being fetched, "success", or a FailureReason. (The standard's "redundant" is
// a generation that is no longer the record's current one, see ResponseData.)
// Source: #background-fetch-response-result
type ResponseResult string

const (
	ResponseNone    ResponseResult = ""
	ResponseSuccess ResponseResult = "success"
)

// Header is one header field: name and value.
type Header [2]string

// Image is an image resource of options.icons or updateUI().
// Source: https://www.w3.org/TR/image-resource/#dom-imageresource
type Image struct {
	Src   string `json:"src"`
	Sizes string `json:"sizes,omitempty"`
	Type  string `json:"type,omitempty"`
	Label string `json:"label,omitempty"`
}

// Request is a stored request: what is needed to make the same Request again.
// The body is not in it, it lies in the Cache API (Bodies.SaveRequestBody).
type Request struct {
	URL            string   `json:"url"`
	Method         string   `json:"method"`
	Headers        []Header `json:"headers,omitempty"`
	Mode           string   `json:"mode,omitempty"`
	Credentials    string   `json:"credentials,omitempty"`
	Cache          string   `json:"cache,omitempty"`
	Redirect       string   `json:"redirect,omitempty"`
	Referrer       string   `json:"referrer,omitempty"`
	ReferrerPolicy string   `json:"referrerPolicy,omitempty"`
	Integrity      string   `json:"integrity,omitempty"`
	// Pieces are stored with the request, and not handed out with it.
	Pieces *Pieces `json:"pieces,omitempty"`

	// Body is nil where the request has none.
	Body *RequestBody `json:"body,omitempty"`
}

// Bare is the request without what may be a secret and serves only to make it: header fields
// and the referrer.
func (r Request) Bare() Request {
	r.Headers, r.Referrer = nil, ""
	return r
}

// Pieces are the hashes of the pieces of a body, all of Length bytes but for the
// last: an addition to the standard. A wrong piece alone is fetched again.
type Pieces struct {
	Length int64 `json:"length"`
	// Hashes are integrity metadata of one digest each, all by the same algorithm.
	Hashes []string `json:"hashes"`
}

// RequestBody describes a request body.
type RequestBody struct {
	Size int64 `json:"size"`
	// Handle names the body among those that came with a fetch() call. It means
	// something only until SaveRequestBody stored the body, and is not kept.
	Handle string `json:"handle,omitempty"`
	// Key is the key of the stored body in the cache of the background fetch.
	Key string `json:"key,omitempty"`
}

// Head is a response without its body.
type Head struct {
	URL        string   `json:"url"`
	Type       string   `json:"type"` // "basic", "cors", ...: what may be seen of the headers
	Redirected bool     `json:"redirected,omitempty"`
	Status     int      `json:"status"`
	StatusText string   `json:"statusText,omitempty"`
	Headers    []Header `json:"headers,omitempty"`
}

// Segment is a stored piece of a response body: Length bytes from Offset on.
type Segment struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
	// Put is that of its key.
	Put int64 `json:"put,omitempty"`
}

// SegmentKey names a segment among all segments of a background fetch.
type SegmentKey struct {
	Index      int   `json:"index"`      // of the record
	Generation int   `json:"generation"` // of its response data
	Offset     int64 `json:"offset"`
	// Put is a number of its own for each put, drawn at random and exact in JSON for
	// JavaScript: what a worker that died was putting may land after what its successor
	// puts in the same place, and must not lie over it. 0 for what versions wrote that
	// had no such number.
	Put int64 `json:"put,omitempty"`
}

// ResponseData is what is known and stored of the response to a record's request.
// Source: #background-fetch-response
type ResponseData struct {
	// Generation counts how often the response started anew: bytes of different
	// generations never mix.
	Generation int            `json:"generation"`
	Head       *Head          `json:"head,omitempty"`
	Result     ResponseResult `json:"result,omitempty"`
	// Length is the complete length of the body, or -1 while nothing proves it: what
	// counts as proof is in evidence.go.
	Length int64 `json:"length"`
	// Announced is the Content-Length of a first response where a content coding may
	// hide: perhaps the length of the body, and no proof of it. 0: there is none.
	Announced int64 `json:"announced,omitempty"`
	// ETag and LastModified are the validators of the current generation.
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`
	// Compare is set when a response showed no validator that proves it to be of the
	// same version: each one is compared with what is stored before it is appended to it.
	Compare bool `json:"compare,omitempty"`
	// Offsets is set when the bytes of a range proved to be those that are stored: what
	// the server counts are the bytes that are read here.
	Offsets bool `json:"offsets,omitempty"`
	// Seams are the offsets at which bytes of two responses meet, or will, and nothing has
	// proved yet that both are of the same file.
	Seams []int64 `json:"seams,omitempty"`
	// Joined is set when the bytes are those of more than one response.
	Joined bool `json:"joined,omitempty"`
	// Whole is set where the one segment is the response as it came from the
	// network, which keeps its url when it is put in another cache.
	Whole bool `json:"whole,omitempty"`
	// Resumable is false where a Range request cannot continue the body: the server's
	// ranges are not of these bytes (of those of a content coding, or within the site's
	// own Range). Then all of it is asked for, and compared with what is stored.
	Resumable bool `json:"resumable"`
	// Segments are sorted by offset. They are stored as rows of their own.
	Segments []Segment `json:"-"`
}

// RecordState is what changes of a record, stored after every change.
type RecordState struct {
	Response ResponseData `json:"response"`
	// Sent is set before a non-GET request is sent: it is never sent twice.
	Sent bool `json:"sent,omitempty"`
	// Uploaded is the number of request body bytes known to have arrived.
	Uploaded int64 `json:"uploaded,omitempty"`
	// Restarts counts the answers that made the record start again, and those that were
	// not what was asked for.
	Restarts int `json:"restarts,omitempty"`
	// Repeats counts in a row the responses from byte 0 on that broke off hardly further
	// on than the one before.
	Repeats int `json:"repeats,omitempty"`
	// Digest is the hash so far of a body whose integrity is checked.
	Digest *Digest `json:"digest,omitempty"`
	// Refetches counts for wrong pieces how often they were fetched again.
	Refetches map[int]int `json:"refetches,omitempty"`
	// Dropped is set when a kept record was deleted or replaced: its segments go.
	Dropped bool `json:"dropped,omitempty"`
}

// Digest is the state of the hash over the first Hashed bytes of a body, so that
// it goes on after a restart.
type Digest struct {
	Hashed int64  `json:"hashed"`
	State  []byte `json:"state"`
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
	// Ended is set when it is in the history, and only kept records are left.
	Ended bool `json:"ended,omitempty"`
}

// Snapshot is what an instance (a BackgroundFetchRegistration object in some
// realm) is told. Snapshots cross realms, objects never do.
type Snapshot struct {
	// Engine and Revision order the snapshots of one background fetch, which travel
	// on several ways: of two with the same Engine, a number of the engine that made
	// them, the one with the greater Revision is the newer.
	Engine   int64 `json:"engine"`
	Revision int64 `json:"revision"`

	UniqueID         string        `json:"uniqueId"`
	ID               string        `json:"id"`
	UploadTotal      int64         `json:"uploadTotal"`
	Uploaded         int64         `json:"uploaded"`
	DownloadTotal    int64         `json:"downloadTotal"`
	Downloaded       int64         `json:"downloaded"`
	Result           Result        `json:"result"`
	FailureReason    FailureReason `json:"failureReason"`
	RecordsAvailable bool          `json:"recordsAvailable"`

	// Additions to the standard.

	// Kept: the records stay, for now, and no more snapshots need to be waited for.
	Kept   bool     `json:"kept,omitempty"`
	Paused bool     `json:"paused"`
	State  Activity `json:"state"`
	// RetryAt is when the next try is made, in ms since 1970, while State is
	// waiting-retry.
	RetryAt int64 `json:"retryAt,omitempty"`
	// NetworkOptions are those in force.
	NetworkOptions
}

// RecordSnapshot is what an instance is told of a record.
type RecordSnapshot struct {
	Index   int     `json:"index"`
	Request Request `json:"request"`
	// Head is nil until it is known, and where it may not be exposed.
	Head   *Head          `json:"head"`
	Result ResponseResult `json:"result"`
	// Exposed says whether the response may be read now or later.
	Exposed    bool `json:"exposed"`
	Generation int  `json:"generation"`
	// Length is the complete length of the body, or -1 while it is not certain.
	Length int64 `json:"length"`
}

// Plan says where the bytes of a response body lie, from some offset on.
type Plan struct {
	// Cache is the name of the Cache API cache that holds the segments.
	Cache    string        `json:"cache"`
	Segments []PlanSegment `json:"segments"`
	// End is set when no bytes follow these segments: the body is complete.
	End bool `json:"end"`
	// Failed is the reason why no more bytes come, or "".
	Failed FailureReason `json:"failed,omitempty"`
}

// PlanSegment is a stored segment and the key that it is stored under.
type PlanSegment struct {
	Key    string `json:"key"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	// Whole says that the entry is the response as it came from the network.
	Whole bool `json:"whole,omitempty"`
}
