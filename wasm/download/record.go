// Package download completes records: it asks for what is missing of a response body, by
// one request or by several at a time, judges what comes, has it stored, and says how to go
// on. What it needs of the engine stands in owner.go.
package download

import (
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/pace"
)

// Config is what all records have in common.
type Config struct {
	Network bgfetch.Network
	Bodies  bgfetch.Bodies
	// Origin is the site's own, such as "https://example.com".
	Origin string
	// Segments says when a segment ends, Pace when a record is moved by several requests.
	Segments bgfetch.SaveLimits
	Pace     pace.Policy
	// MaxPerHost bounds the requests at a time.
	MaxPerHost int
	// Framing says which bodies that end too early this browser reports.
	Framing bgfetch.Framing
	// Go runs a goroutine, for which the engine waits when it ends.
	Go func(func())
}

// Record is a record that is to be completed: what it is, and what attempts found out for
// those after them. That is not stored: a new engine finds it out anew.
type Record struct {
	// Place is where the segments of its body lie.
	Place   bgfetch.Place
	Request bgfetch.Request
	// Check is what the body is checked against.
	Check digest.Check
	Retry bgfetch.RetryPolicy
	// DownloadTotal is the background fetch's, 0 for none.
	DownloadTotal int64

	config *Config
	owner  Owner
	// seeks holds the offset where a reader waits and no attempt knows of it yet.
	seeks chan int64
	// aloneUntil is the time until which no additional part is begun, and refusedUntil that until
	// which nothing is asked for, since one was refused.
	aloneUntil, refusedUntil time.Time

	offers
	tries
	ends evidence.Ends
}

// New makes what attempts work on of record, whose exported fields are set.
func New(record Record, config *Config, owner Owner) *Record {
	record.config, record.owner, record.seeks = config, owner, make(chan int64, 1)
	return &record
}

// Verdict is what an attempt at a record ends with.
type Verdict struct {
	// Settled is the record's result, if it has one now.
	Settled bgfetch.ResponseResult
	// Wait is the time until the next attempt.
	Wait time.Duration
	// Patient: the wait may end after Least already, if something speaks for another try.
	Patient bool
	Least   time.Duration
	// Refused: the server takes the request no longer, and the site may have another.
	Refused *bgfetch.Refusal
	// Refresh: the wait is for another request of the site.
	Refresh bool
	// Online: the next attempt is made when the network is back.
	Online bool
	// Unreachable: the host does not answer. The next attempt is made when it does,
	// or may.
	Unreachable bool
	// SiteAnswers: the site's own server does, though.
	SiteAnswers bool
	// Answered: the host has answered before, and has brought nothing for the time Stalled.
	Answered bool
	Stalled  time.Duration
	// Why is for the log.
	Why string
}

// IsFirstContact says that nothing has ever come for a record in that state from its server,
// which is not the site's own.
func (r *Record) IsFirstContact(state *bgfetch.RecordState) bool {
	data, origin := &state.Response, bgfetch.OriginOf(r.Request.With(state.Refreshed).URL)
	none := !data.Answered() || data.From != "" && bgfetch.OriginOf(data.From) != origin
	return none && origin != r.config.Origin
}

// Hasten tells that the wait of a Patient verdict was ended early.
func (r *Record) Hasten() { r.hastened = true }
