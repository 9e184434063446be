package bgfetch

import (
	"context"
	"fmt"
	"io"
	"time"
)

// TransferInit says what to request.
type TransferInit struct {
	UniqueID string  `json:"-"` // names the cache
	Index    int     `json:"-"`
	Request  Request `json:"request"`
	// RangeStart is the first byte asked for, RangeEnd the byte after the last,
	// or 0 for the rest. Both 0: no Range header, unless Ranged asks for one all
	// the same.
	RangeStart int64 `json:"rangeStart"`
	RangeEnd   int64 `json:"rangeEnd,omitempty"`
	Ranged     bool  `json:"ranged,omitempty"`
	// PastCache asks past the browser's HTTP cache.
	PastCache bool `json:"pastCache,omitempty"`
	// Priority is a hint for the browser, among all requests of the site; "" for none.
	Priority FetchPriority `json:"priority,omitempty"`
	// AtOnce lets Open store a small body; nil: it does not.
	AtOnce *AtOnce `json:"-"`
}

// AtOnce is where a small body may be stored that comes together with the head of its response, before
// anybody has judged that: then nothing more has to be asked for. It is of a complete response.
type AtOnce struct {
	Key SegmentKey
	// MaxLength is that of the body.
	MaxLength int64
}

// FetchPriority is the priority of a request for the browser.
// Source: https://fetch.spec.whatwg.org/#enumdef-requestpriority
type FetchPriority string

// FetchPriorityLow lets requests of the page itself go first.
const FetchPriorityLow FetchPriority = "low"

// RangeValue is the value of the Range header field of a request, or "".
func (init TransferInit) RangeValue() string {
	switch {
	case init.RangeEnd > 0:
		return fmt.Sprintf("bytes=%d-%d", init.RangeStart, init.RangeEnd-1)
	case init.RangeStart > 0 || init.Ranged:
		return fmt.Sprintf("bytes=%d-", init.RangeStart)
	}
	return ""
}

// Network sends requests and moves response bodies into the cache.
type Network interface {
	// Open sends the request and returns when the head of the response is there.
	// A failure is ErrNetwork, or the context's error. Ending ctx later does not
	// end the transfer: that is Stop and Close. What it has stored (TransferInit.AtOnce) Save
	// gives, and Close deletes if Save has not.
	Open(ctx context.Context, init TransferInit) (Transfer, error)
	// Online is the browser's opinion, wrong at times in both directions.
	Online() bool
	// WaitOnline returns when Online has become true, or with ctx's error.
	WaitOnline(ctx context.Context) error
	// WaitChange returns when something speaks for another try, such as another network or
	// a page that became visible, or with ctx's error. It counts these: seen is the number
	// that was returned last, 0 at first.
	WaitChange(ctx context.Context, seen int64) (int64, error)
	// Metered is the browser's opinion whether the connection is one on which bytes are to
	// be saved; false where it does not tell.
	Metered() bool
	// WaitMetered returns when Metered has become what is given, or with ctx's error.
	WaitMetered(ctx context.Context, metered bool) error
	// Reachable reports whether the URL's server answers anything at all (a
	// no-cors HEAD request).
	Reachable(ctx context.Context, url string) bool
}

// SaveLimits says when a segment ends: at MaxLength bytes; or after MinLength
// bytes that took at least MinTime; or when MaxTime has passed since its first
// byte.
type SaveLimits struct {
	MinLength int64
	MaxLength int64
	MinTime   time.Duration
	MaxTime   time.Duration
	// Digest is the algorithm by which a segment of MaxLength bytes is hashed, by its name in
	// Subresource Integrity; "" for none.
	Digest string
}

// Saved is a segment of a response body that has been taken from it.
type Saved struct {
	// Length is the number of bytes of its segment, 0 when there is none.
	Length int64 `json:"length"`
	// End is set when the body has ended cleanly after this segment.
	End bool `json:"end"`
	// Whole is set when the segment is the complete response as it came.
	Whole bool `json:"whole,omitempty"`
	// Nonce is that of the key under which Open has stored the segment; 0: it was stored under
	// the key that Save was given.
	Nonce int64 `json:"-"`
	// Sum is the hash that was asked for of a segment that is stored; nil where there is none.
	Sum []byte `json:"sum,omitempty"`
	// Stored waits until the segment is stored, and returns its Sum; nil where it is stored. A full
	// disk is ErrQuota.
	Stored func(context.Context) (sum []byte, err error) `json:"-"`
}

// StoredRange is a range of a stored segment.
type StoredRange struct {
	Key SegmentKey
	// Offset is that of the first byte within the segment.
	Offset, Length int64
}

// Compared is what Transfer.Compare found.
type Compared struct {
	// Length is the number of bytes that were taken from the body.
	Length int64 `json:"length"`
	// Equal says that they are the stored ones.
	Equal bool `json:"equal"`
	// End is set when the body has ended cleanly after them.
	End bool `json:"end"`
}

// Sent is how a body was sent, as far as the browser tells (docs/observations.md).
type Sent struct {
	// EncodedLength is its length before a content coding was undone, -1 where the browser
	// does not tell.
	EncodedLength int64 `json:"encodedLength"`
	// Plain says that it had no content coding, Encoded that it had one. Neither: the
	// browser does not tell.
	Plain   bool `json:"plain,omitempty"`
	Encoded bool `json:"encoded,omitempty"`
	// Duration is the time from the request to when the browser had the whole body, in ms, also
	// if that was read later; 0 where the browser does not tell.
	Duration float64 `json:"duration,omitempty"`
	// Protocol is the ALPN identifier of the protocol of the connection, "" where the
	// browser does not tell.
	Protocol string `json:"protocol,omitempty"`
}

// Framing says which bodies that end too early a browser reports as errors, as observed
// (docs/observations.md). None of them reports a content coding that breaks off.
type Framing struct {
	// ContentLength: a response that is shorter than its Content-Length, encoded or not.
	// KeptAlive: the same, unless the connection ends with the response.
	ContentLength bool `json:"contentLength"`
	KeptAlive     bool `json:"keptAlive"`
	// Chunked: a chunked response without its last chunk.
	Chunked bool `json:"chunked"`
}

// Transfer is a response whose body is being moved.
type Transfer interface {
	Head() Head
	// Save reads on and stores what came as the segment key; it may return before
	// that is stored (Saved.Stored). When the body breaks off, the bytes before the
	// break are stored and returned first, and the next call returns ErrNetwork. After
	// Stop it returns what was read so far, then ErrStopped. A full disk is ErrQuota.
	// Where w is not nil it is given the bytes of the segment; after an error it may have
	// seen some.
	Save(ctx context.Context, key SegmentKey, limits SaveLimits, w io.Writer) (Saved, error)
	// Compare reads on like Save, and compares what came with the stored bytes instead of
	// storing it. It takes no more bytes than these are; where they are none it looks for the end of
	// the body. ErrLost says that a segment of
	// them is not there.
	Compare(ctx context.Context, stored []StoredRange, limits SaveLimits) (Compared, error)
	// Sent is what the browser tells of how the body was sent, when it has ended.
	Sent(ctx context.Context) Sent
	// Stop ends the reading at once; bytes already read can still be saved.
	Stop()
	// Close ends the transfer and frees it. It can be called twice.
	Close()
}
