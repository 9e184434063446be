package download

import (
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Owner is what an attempt reaches of the engine. Its methods take what locks they need;
// none of them waits, but for Commit, Drop, Leave and MakeRoom.
type Owner interface {
	Book
	Places
	Bandwidth
	Connection
}

// Book is where the state of the record stands.
type Book interface {
	// State is the state that others know.
	State() bgfetch.RecordState
	// Commit stores the next state, with added segments, makes it what others know, and
	// deletes the segments of the generation before. It also does so after the attempt's
	// context has ended: what was put in the cache gets its row.
	Commit(next bgfetch.RecordState, added ...bgfetch.Segment) error
	// Leave is Commit for the state of a record that has failed. What is stored of it stays, as
	// remains, where a server could continue it and the site wants that.
	Leave(next bgfetch.RecordState) error
	// MakeRoom waits for room that is about to be free, or deletes what may go: so many bytes or a
	// little more. It says whether there may be more room now. It waits.
	MakeRoom(bytes int64) bool
	// Publish makes the next state, without new bytes, what others know, and does not store it.
	Publish(next bgfetch.RecordState)
	// Drop stores that the next state has these segments no more, and makes it what others know.
	Drop(next bgfetch.RecordState, dropped []bgfetch.Segment) error
	// Left is how many bytes the background fetch may still download, less than 0 where it
	// has downloaded more than its downloadTotal; math.MaxInt64 where it has none.
	Left() int64
	// Note logs something about the record.
	Note(entry bgfetch.LogEntry)
	// Complain logs, and writes to the console, what failed of ours.
	Complain(what string, err error)
}

// Places are the transfers that the record may have at once. It has one when an attempt
// begins.
type Places interface {
	// Another asks for one more, and says whether it is given. Return gives it back.
	Another() bool
	Return()
	// Wanted says whether another record could begin if a transfer ended.
	Wanted() bool
	// Release gives the last place away, when all that is to come is there.
	Release()
	// Interruptible names what breaks off what the attempt waits for, from now on, and calls
	// it if that is to happen already.
	Interruptible(stop func())
	// Interrupted says whether the record is to stop for now.
	Interrupted() bool
}

// Bandwidth is the limit of what may come.
type Bandwidth interface {
	// Rate is the limit in bytes per second, PerRequest how many bytes are asked for at once
	// under it; 0 where there is none.
	Rate() int64
	PerRequest() int64
	// Charge counts bytes that came.
	Charge(bytes int64)
	// MayRead is the time until a body that comes by one response may be read on.
	MayRead() time.Duration
}

// Connection is what is known of the network and of the record's host.
type Connection interface {
	// MayAsk says whether a request is to be made now: the browser is online, or was wrong about
	// that before, or may be, which is tried once: then it says so once.
	MayAsk() bool
	// FailedOffline takes down that a request failed, and says whether the browser is offline: it
	// is believed again.
	FailedOffline() bool
	// Answered tells that a response came with that status.
	Answered(status int)
	// HasAnswered says whether the host has answered before, be it another record.
	HasAnswered() bool
	// GivenUp says whether the host was tried often enough for now.
	GivenUp() bool
	// PriorityHint is TransferInit.Priority.
	PriorityHint() bgfetch.FetchPriority
}
