package bgfetch

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// MaxLength is the largest length that JavaScript can count exactly. Larger
// ones in headers are treated as unparsable.
const MaxLength = 1<<53 - 1

// ParseLength parses 1*DIGIT up to maxLength.
func ParseLength(s string) (int64, bool) {
	if s == "" || len(s) > 16 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= MaxLength
}

// Head is a response without its body.
type Head struct {
	URL        string       `json:"url"`
	Type       ResponseType `json:"type"` // what may be seen of the headers
	Redirected bool         `json:"redirected,omitempty"`
	Status     int          `json:"status"`
	StatusText string       `json:"statusText,omitempty"`
	Headers    []Header     `json:"headers,omitempty"`
}

// ResponseType is the type of a response.
// Source: https://fetch.spec.whatwg.org/#enumdef-responsetype
type ResponseType string

const (
	ResponseTypeBasic          ResponseType = "basic"
	ResponseTypeCORS           ResponseType = "cors"
	ResponseTypeDefault        ResponseType = "default"
	ResponseTypeError          ResponseType = "error"
	ResponseTypeOpaque         ResponseType = "opaque"
	ResponseTypeOpaqueRedirect ResponseType = "opaqueredirect"
)

// Get returns the value of the first header field with that name.
func (h Head) Get(name string) (string, bool) {
	for _, header := range h.Headers {
		if strings.EqualFold(header[0], name) {
			return header[1], true
		}
	}
	return "", false
}

// Value is get, with "" for an absent field.
func (h Head) Value(name string) string {
	v, _ := h.Get(name)
	return v
}

// ContentLength is the Content-Length, or -1.
func (h Head) ContentLength() int64 {
	v, ok := h.Get("Content-Length")
	if !ok {
		return -1
	}
	n, ok := ParseLength(strings.TrimSpace(v))
	if !ok {
		return -1
	}
	return n
}

// sameOriginHeaders says that all header fields of the response can be seen, so
// that the absence of one means something.
func (h Head) sameOriginHeaders() bool { return h.Type == ResponseTypeBasic }

// Shows says whether a field of that name would be visible, so that its absence means
// something: same-origin, or where the server exposes it and says so to us.
func (h Head) Shows(name string) bool {
	const exposed = "Access-Control-Expose-Headers"
	return h.sameOriginHeaders() || h.Lists(exposed, name) || h.Lists(exposed, "*")
}

// Lists says whether the value of a field is a list with that token.
func (h Head) Lists(name, token string) bool {
	for one := range strings.SplitSeq(h.Value(name), ",") {
		if strings.EqualFold(strings.TrimSpace(one), token) {
			return true
		}
	}
	return false
}

// ResponseResult is the result of a record's response data: "" while it is
// being fetched, "success", or a FailureReason. (The standard's "redundant" is
// a generation that is no longer the record's current one, see ResponseData.)
// Source: #background-fetch-response-result
type ResponseResult string

const (
	ResponseNone    ResponseResult = ""
	ResponseSuccess ResponseResult = "success"
)

// Segment is a stored part of a response body: Length bytes from Offset on.
type Segment struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
	// Nonce is that of its key.
	Nonce int64 `json:"put,omitempty"`
}

// Key is the key of the segment, of the record with that index and that generation of its
// response data.
func (s Segment) Key(index, generation int) SegmentKey {
	return SegmentKey{Index: index, Generation: generation, Offset: s.Offset, Nonce: s.Nonce}
}

// SegmentKeys are the keys of segments of the same record and generation.
func SegmentKeys(index, generation int, segments []Segment) []SegmentKey {
	keys := make([]SegmentKey, len(segments))
	for i, s := range segments {
		keys[i] = s.Key(index, generation)
	}
	return keys
}

// SegmentKey names a segment among all segments of a background fetch.
type SegmentKey struct {
	Index      int   `json:"index"`      // of the record
	Generation int   `json:"generation"` // of its response data
	Offset     int64 `json:"offset"`
	// Nonce is a number used for one put only, drawn at random and exact in JSON for
	// JavaScript: what a worker that died was putting may land after what its successor
	// puts in the same place, and must not lie over it. 0 for what versions wrote that
	// had no such number. Rows that are stored name it "put".
	Nonce int64 `json:"put,omitempty"`
}

// maxNonce is the largest SegmentKey.Nonce.
const maxNonce = 1<<53 - 1

// NewNonce draws a SegmentKey.Nonce.
func NewNonce() int64 { return rand.Int64N(maxNonce) + 1 }

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
	// From is set while the bytes are remains of another background fetch that no response has
	// proved yet to continue, so that nobody reads them: to the URL that they came from.
	From string `json:"from,omitempty"`
	// Segments are sorted by offset. They are stored as rows of their own.
	Segments []Segment `json:"-"`
}

// Answered says whether a response that could be used has come: this one, or one of the
// generations before.
func (d *ResponseData) Answered() bool {
	return d.Head != nil || len(d.Segments) > 0 || d.Generation > 0
}

// Digest is the state of the hash over the first Hashed bytes of a body, so that
// it goes on after a restart.
type Digest struct {
	Hashed int64  `json:"hashed"`
	State  []byte `json:"state"`
}

// RecordState is what changes of a record, stored after every change.
type RecordState struct {
	Response ResponseData `json:"response"`
	// Place is where its segments lie, where it began with remains; else it is empty, and they
	// lie in its own background fetch's cache, under its own index.
	Place Place `json:"place,omitzero"`
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
	// Refreshed is what it is sent with by now; nil for its request as the site gave it.
	Refreshed *Refreshed `json:"refreshed,omitempty"`
	// Stall is for how long it has brought nothing, while its server is waited for.
	Stall Stall `json:"stall,omitzero"`
	// Digest is the hash so far of a body whose integrity is checked.
	Digest *Digest `json:"digest,omitempty"`
	// Verified are the pieces that proved to be right: see digest.Check.IsVerified.
	Verified Verified `json:"verified,omitzero"`
	// Refetches counts for wrong pieces how often they were fetched again.
	Refetches map[int]int `json:"refetches,omitempty"`
	// Left is how many of the bytes that it had downloaded when it failed stay as remains.
	Left int64 `json:"left,omitempty"`
	// Dropped is set when a kept record was deleted or replaced: its segments go.
	Dropped bool `json:"dropped,omitempty"`
	// ReadAt is about when a kept record was last read, in ms since 1970; 0: never.
	ReadAt int64 `json:"readAt,omitempty"`
}
