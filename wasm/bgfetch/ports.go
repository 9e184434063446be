package bgfetch

import (
	"context"
	"errors"
	"io"
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
	// unique id that is already there is an error. Records that have begun are stored with
	// their segments, and the remains in their place are deleted.
	Create(ctx context.Context, state FetchState, requests []Request, begun ...Begun) error
	// PutStates replaces the states of background fetches. It stores nothing and
	// returns ErrUnknown if there is none of one of them.
	PutStates(ctx context.Context, states ...FetchState) error
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
	// Keep replaces the state of a background fetch, as PutStates does, and adds ended
	// to the history, as Delete does.
	Keep(ctx context.Context, state FetchState, ended Ended) error

	// Leave stores the state of a record that has failed, without segments, and what is left
	// of it: remains, in the place of those that are in the same place. It stores nothing and
	// returns ErrUnknown if there is no such background fetch.
	Leave(ctx context.Context, uniqueID string, index int, record RecordState, remains *Remains) error
	// Remains returns all remains, in no order.
	Remains(ctx context.Context) ([]*Remains, error)
	// DeleteRemains deletes those in the places. Those that are not there are no error.
	DeleteRemains(ctx context.Context, places ...Place) error

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
	// What a worker that has died puts afterwards may be left out.
	Segments(ctx context.Context, uniqueID string) ([]SegmentKey, error)
	// AllSegments is the same and leaves nothing out, which can take some time for each byte of
	// the bodies.
	AllSegments(ctx context.Context, uniqueID string) ([]SegmentKey, error)
	// Read writes the bytes of a segment to w. After an error w may have some. ErrLost: it is
	// not there.
	Read(ctx context.Context, uniqueID string, key SegmentKey, w io.Writer) error
	// Digest returns the hash of stored ranges, one after the other, which it has in memory
	// meanwhile. The algorithm has its name in Subresource Integrity, such as "sha256". ErrLost:
	// one of them is not there, or too short.
	Digest(ctx context.Context, uniqueID string, stored []StoredRange, algorithm string) ([]byte, error)
	// DeleteSegments deletes segments. Those that are not there are no error.
	DeleteSegments(ctx context.Context, uniqueID string, keys []SegmentKey) error
	// MarkKept lets the bodies of a background fetch stay, also after that was done before: they
	// are no longer a sign of work.
	MarkKept(ctx context.Context, uniqueID string) error
	// Delete deletes all bodies of a background fetch, kept or not.
	Delete(ctx context.Context, uniqueID string) error
	// Room is what the browser says of how much this origin may store.
	Room(ctx context.Context) StorageEstimate
	// UniqueIDs names the background fetches that have bodies.
	UniqueIDs(ctx context.Context) ([]string, error)
}

// Events reaches the instances and the service worker's listeners.
type Events interface {
	// Update tells all instances, and all that stand for a group. When wait is set it returns
	// after they have acknowledged it, or after a deadline.
	Update(ctx context.Context, snapshots []Snapshot, groups []GroupSnapshot, wait bool)
	// Dispatch fires the closing event at the service worker and returns when it is
	// no longer active. An error means that it may not have been delivered.
	Dispatch(ctx context.Context, event EventType, snapshot Snapshot) error
	// Refresh asks the service worker's listeners for another request in place of one that was
	// answered with that head, and returns it; nil where none of them has one to give. An
	// error says why one that has could not give it.
	Refresh(ctx context.Context, snapshot Snapshot, request Request, head Head) (*Request, error)
	// Evict fires backgroundfetchevict for kept records that are about to be deleted and returns
	// when it is no longer active, with those that are being read then: their indices in
	// the list. An error means that it may not have been delivered.
	Evict(ctx context.Context, records []KeptRecord) (reading []int, err error)
}

// EventType is the type of a closing event.
// Source: #backgroundfetch-events
type EventType string

const (
	EventSuccess EventType = "backgroundfetchsuccess"
	EventFail    EventType = "backgroundfetchfail"
	EventAbort   EventType = "backgroundfetchabort"
)

// Display shows background fetches to the user, each or each group in a place of its own,
// where the site may show anything at all. A failure changes nothing: nobody is told.
type Display interface {
	// Show replaces what is shown in the place of that tag. After an error it may not
	// have been shown.
	Show(ctx context.Context, shown Shown) error
	// Close takes away what is shown there.
	Close(ctx context.Context, tag string)
}
