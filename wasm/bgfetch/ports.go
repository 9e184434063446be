package bgfetch

import (
	"context"
	"errors"
	"io"
	"time"
)

// Errors that the ports return, matched with errors.Is.
var (
	// ErrNetwork: no response, or its body broke off. Nothing more is known.
	ErrNetwork = errors.New("network error")
	// ErrQuota: storing failed because the origin may not store more.
	ErrQuota = errors.New("storage quota exceeded")
	// ErrStopped: the transfer was stopped by Transfer.Stop, or its context ended.
	ErrStopped = errors.New("transfer stopped")
	// ErrLost: a stored segment is not there, or not as long as its row says.
	ErrLost = errors.New("a stored segment is gone")
	// ErrNewerDatabase: the stored state was written by a newer version.
	ErrNewerDatabase = errors.New("the database was written by a newer version")
)

// Stored is a background fetch as it lies in the store.
type Stored struct {
	State    FetchState
	Requests []Request
	// Records has one state for each request; segments are filled in and sorted.
	Records []RecordState
}

// Store keeps the state. Each method is one transaction: when it returns nil,
// everything it was given is stored, otherwise nothing is. What a crash cannot
// undo is exactly what a method returned nil for.
type Store interface {
	// Load returns all background fetches, in order of creation. Rows that make
	// none, since others were deleted behind our back, are deleted.
	Load(ctx context.Context) ([]Stored, error)
	// Create stores a new background fetch. Its records are in their initial
	// state (RecordState with a response Length of -1) and have no rows yet. A
	// unique id that is already there is an error.
	Create(ctx context.Context, state FetchState, requests []Request) error
	// PutState replaces the state of a background fetch. It stores nothing and
	// returns ErrUnknown if there is none.
	PutState(ctx context.Context, state FetchState) error
	// PutRequests replaces the requests of a background fetch, by as many. It stores
	// nothing and returns ErrUnknown if there is none.
	PutRequests(ctx context.Context, uniqueID string, requests []Request) error
	// PutRecord replaces the state of the record at index and adds segments (of
	// its current generation; one at the same offset is replaced). It drops the
	// segments of every other generation: generations only grow. It stores nothing
	// and returns ErrUnknown if there is no such background fetch.
	PutRecord(ctx context.Context, uniqueID string, index int, record RecordState, added ...Segment) error
	// DropSegments removes segments of the record's current generation that
	// proved not to be there.
	DropSegments(ctx context.Context, uniqueID string, index, generation int, lost []Segment) error
	// Delete removes the background fetch with all its rows and, where ended is not
	// nil, adds that to the history under a number larger than all before; of the
	// history at most MaxHistory stay. That there is no such background fetch
	// is no error; then nothing is added.
	Delete(ctx context.Context, uniqueID string, ended *Ended) error
	// Keep replaces the state of a background fetch, as PutState does, and adds ended
	// to the history, as Delete does.
	Keep(ctx context.Context, state FetchState, ended Ended) error

	// History returns the history, the last one first.
	History(ctx context.Context) ([]Ended, error)
	// DeleteHistory deletes what the history has under the numbers, or all of it
	// where none is given. One that is not there is no error.
	DeleteHistory(ctx context.Context, numbers ...int64) error
	// PutLog stores the log of a run and returns its number: run.Number, or where
	// that is 0 a new one, larger than all before. At most MaxLogRuns stay.
	PutLog(ctx context.Context, run LogRun) (number int64, err error)
	// Log returns the logs of the runs, the oldest first.
	Log(ctx context.Context) ([]LogRun, error)
}

// Bodies keeps request and response bodies, in one cache for each background
// fetch. Response segments come to it by Transfer.Save.
type Bodies interface {
	// Create makes room for the bodies of a background fetch. Until Delete it is
	// the sign, readable without this program, that there is work to resume.
	Create(ctx context.Context, uniqueID string) error
	// SaveRequestBody stores the body that came with fetch() under handle and
	// returns its key and size in bytes.
	SaveRequestBody(ctx context.Context, uniqueID string, index int, handle string) (key string, size int64, err error)
	// CacheName is the name of the cache of a background fetch.
	CacheName(uniqueID string) string
	// Key is the key of a segment in that cache.
	Key(key SegmentKey) string
	// Segments returns the keys of the response segments that are really there.
	Segments(ctx context.Context, uniqueID string) ([]SegmentKey, error)
	// Read writes the bytes of a segment to w.
	Read(ctx context.Context, uniqueID string, key SegmentKey, w io.Writer) error
	// DeleteSegments deletes segments. Those that are not there are no error.
	DeleteSegments(ctx context.Context, uniqueID string, keys []SegmentKey) error
	// Keep lets the bodies of a background fetch stay, also after that was done before: they
	// are no longer a sign of work.
	Keep(ctx context.Context, uniqueID string) error
	// Delete deletes all bodies of a background fetch, kept or not.
	Delete(ctx context.Context, uniqueID string) error
	// Room is how many bytes more this origin may store, as far as the browser
	// tells; not ok where it does not.
	Room(ctx context.Context) (bytes int64, ok bool)
	// UniqueIDs names the background fetches that have bodies.
	UniqueIDs(ctx context.Context) ([]string, error)
}

// TransferInit says what to request.
type TransferInit struct {
	UniqueID string  `json:"uniqueId"`
	Index    int     `json:"index"`
	Request  Request `json:"request"`
	// RangeStart is the first byte asked for, RangeEnd the byte after the last,
	// or 0 for the rest. Both 0: no Range header, unless Ranged asks for one all
	// the same.
	RangeStart int64 `json:"rangeStart"`
	RangeEnd   int64 `json:"rangeEnd,omitempty"`
	Ranged     bool  `json:"ranged,omitempty"`
	// PastCache asks past the browser's HTTP cache.
	PastCache bool `json:"pastCache,omitempty"`
	// Priority is a hint for the browser, among all requests of the site: "low", or ""
	// for none.
	Priority string `json:"priority,omitempty"`
}

// Network sends requests and moves response bodies into the cache.
type Network interface {
	// Open sends the request and returns when the head of the response is there.
	// A failure is ErrNetwork, or the context's error. Ending ctx later does not
	// end the transfer: that is Stop and Close.
	Open(ctx context.Context, init TransferInit) (Transfer, error)
	// Online is the browser's opinion, wrong at times in both directions.
	Online() bool
	// WaitOnline returns when Online has become true, or with ctx's error.
	WaitOnline(ctx context.Context) error
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
}

// Piece is a piece of a response body that has been taken from it.
type Piece struct {
	// Length is the number of bytes of its segment, 0 when there is none.
	Length int64 `json:"length"`
	// End is set when the body has ended cleanly after this piece.
	End bool `json:"end"`
	// Whole is set when the segment is the complete response as it came.
	Whole bool `json:"whole,omitempty"`
	// Stored waits until the segment is stored, nil where it is. A full disk is
	// ErrQuota.
	Stored func(context.Context) error `json:"-"`
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
	// Protocol is the ALPN identifier of the protocol of the connection, "" where the
	// browser does not tell.
	Protocol string `json:"protocol,omitempty"`
}

// Transfer is a response whose body is being moved.
type Transfer interface {
	Head() Head
	// Save reads on and stores what came as the segment key; it may return before
	// that is stored (Piece.Stored). When the body breaks off, the bytes before the
	// break are stored and returned first, and the next call returns ErrNetwork. After
	// Stop it returns what was read so far, then ErrStopped. A full disk is ErrQuota.
	// Where w is not nil it is given the bytes of the piece; after an error it may have
	// seen some.
	Save(ctx context.Context, key SegmentKey, limits SaveLimits, w io.Writer) (Piece, error)
	// Compare reads on like Save, and compares what came with the stored bytes instead of
	// storing it. It takes no more bytes than these are. ErrLost says that a segment of
	// them is not there.
	Compare(ctx context.Context, stored []StoredRange, limits SaveLimits) (Compared, error)
	// Sent is what the browser tells of how the body was sent, when it has ended.
	Sent(ctx context.Context) Sent
	// Stop ends the reading at once; bytes already read can still be saved.
	Stop()
	// Close ends the transfer and frees it. It can be called twice.
	Close()
}

// Events reaches the instances and the service worker's listeners.
type Events interface {
	// Update tells all instances. When wait is set it returns after they have
	// acknowledged it, or after a deadline.
	Update(ctx context.Context, snapshots []Snapshot, wait bool)
	// Dispatch fires the closing event (its type is "backgroundfetchsuccess",
	// "backgroundfetchfail" or "backgroundfetchabort") at the service worker and
	// returns when it is no longer active. An error means that it may not have
	// been delivered.
	Dispatch(ctx context.Context, eventType string, snapshot Snapshot) error
}

// Display shows background fetches to the user, each in a place of its own, where
// the site may show anything at all. A failure changes nothing: nobody is told.
type Display interface {
	// Show replaces what is shown of the background fetch. After an error it may not
	// have been shown.
	Show(ctx context.Context, shown Shown) error
	// Close takes it away.
	Close(ctx context.Context, uniqueID string)
}
