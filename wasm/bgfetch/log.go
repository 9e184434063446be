package bgfetch

// LogEntry is something that happened.
type LogEntry struct {
	// At is in ms since 1970.
	At    int64    `json:"at"`
	Event LogEvent `json:"event"`
	// ID is the background fetch's.
	ID string `json:"id,omitempty"`
	// Record is the index of the record, nil where it is about no record.
	Record *int   `json:"record,omitempty"`
	URL    string `json:"url,omitempty"`
	// Range is the value of the header field.
	Range  string `json:"range,omitempty"`
	Status int    `json:"status,omitempty"`
	// Detail is for people.
	Detail string `json:"detail,omitempty"`
}

// LogEvent is a word for what happened.
type LogEvent string

const (
	LogStarted  LogEvent = "started"  // the program, in a new worker or after it ended
	LogFetch    LogEvent = "fetch"    // a background fetch began
	LogLoaded   LogEvent = "loaded"   // one that an earlier run left goes on
	LogRequest  LogEvent = "request"  // was sent
	LogResponse LogEvent = "response" // its head came
	LogAttempt  LogEvent = "attempt"  // ended without a result, and how it goes on
	LogRecord   LogEvent = "record"   // has its result
	LogRefresh  LogEvent = "refresh"  // the site has given another request
	LogEvicted  LogEvent = "evicted"  // a kept record is deleted without having been asked for
	LogRemains  LogEvent = "remains"  // of a record that failed stay, or are deleted
	LogPaused   LogEvent = "paused"
	LogResumed  LogEvent = "resumed"
	LogSettled  LogEvent = "settled"  // a background fetch has its result
	LogDispatch LogEvent = "dispatch" // its closing event is fired
	LogEnded    LogEvent = "ended"    // the event is no longer active: all is deleted
	LogError    LogEvent = "error"    // something of ours failed
)

// LogRun is the log of one run of the program.
type LogRun struct {
	// Number grows from run to run. The store gives it.
	Number int64 `json:"number"`
	// Started is in ms since 1970.
	Started int64 `json:"started"`
	// Dropped counts older entries that are no longer kept.
	Dropped int        `json:"dropped,omitempty"`
	Entries []LogEntry `json:"entries"`
}

// LogVersion says which form the log has, where it leaves the program. New events and new members
// are no other form: who reads it skips what it does not know.
type LogVersion int

// LogVersion1 is the form that it has.
const LogVersion1 LogVersion = 1

// LogBatch is what happened in one run of the program since the batch before.
type LogBatch struct {
	Version LogVersion `json:"version"`
	// Started is that of the LogRun.
	Started int64      `json:"started"`
	Entries []LogEntry `json:"entries"`
}

// MaxLogRuns is the number of runs whose log is kept.
const MaxLogRuns = 20

// Log is all there is to say to a developer.
type Log struct {
	Version LogVersion `json:"version"`
	// Runs are the oldest first; the last one is this engine's.
	Runs []LogRun `json:"runs"`
	// Fetches are those that are not done with, and Stored the bytes of their
	// response bodies in storage.
	Fetches []Listing `json:"fetches"`
	Stored  int64     `json:"stored"`
}
