package faultserver

import (
	"net/http"
	"sync"
	"time"
)

// maxLogged bounds how many entries of one name are kept; the oldest go first.
const maxLogged = 100_000

// Outcome is how an exchange ended.
type Outcome string

// The outcomes.
const (
	UnderWay   Outcome = ""
	Complete   Outcome = "complete"
	Cut        Outcome = "cut"         // the parameters cut and uploadcut
	Stalled    Outcome = "stalled"     // from the moment it stalls
	Truncated  Outcome = "truncated"   // the parameter truncate
	Closed     Outcome = "closed"      // the parameter fin
	Down       Outcome = "down"        // the parameter down
	Broken     Outcome = "broken"      // by /__control__/cut or stop, while it was sending
	Refused    Outcome = "refused"     // by /__control__/stop, before it was answered
	ClientLeft Outcome = "client-left" // the client closed the connection
)

// Entry is one exchange in the log. BytesSent and Outcome change until it ends.
type Entry struct {
	Time           time.Time `json:"time"`
	Method         string    `json:"method"`
	URL            string    `json:"url"`
	Range          string    `json:"range"`
	IfRange        string    `json:"ifRange,omitempty"`
	AcceptEncoding string    `json:"acceptEncoding,omitempty"`
	Priority       string    `json:"priority,omitempty"` // RFC 9218
	Origin         string    `json:"origin"`
	Status         int       `json:"status"` // 0 before the head
	ContentRange   string    `json:"contentRange,omitempty"`
	// BytesSent counts the bytes of the body that the socket has taken.
	BytesSent int64   `json:"bytesSent"`
	Outcome   Outcome `json:"outcome"`
	// Ms is how long it took, 0 while it is under way.
	Ms int64 `json:"ms"`
	// Upload is what the request carried, nil if it had no body.
	Upload *Upload `json:"upload,omitempty"`
}

// Upload describes a body that the server received.
type Upload struct {
	ContentType string `json:"contentType"`
	Bytes       int64  `json:"bytes"`
	SHA256      string `json:"sha256"` // "" if it did not arrive whole
	// Parts are those of multipart/form-data.
	Parts []Part `json:"parts,omitempty"`
}

// Part is one field of a form.
type Part struct {
	Name        string `json:"name"`
	Filename    string `json:"filename"`
	ContentType string `json:"contentType"`
	Bytes       int64  `json:"bytes"`
	SHA256      string `json:"sha256"`
}

// faultKey names a fault that happens a limited number of times.
type faultKey struct {
	kind   Outcome
	offset int64
}

// resourceState is what the server remembers about one name.
type resourceState struct {
	requests     int // answered with content: everything but HEAD and OPTIONS
	asked        int // everything but OPTIONS
	rangeAnswers int
	faults       map[faultKey]int
	entries      []*Entry
}

// journal holds the state of all names.
type journal struct {
	mu    sync.Mutex
	names map[string]*resourceState
}

// state returns the state of name; the caller holds mu.
func (j *journal) state(name string) *resourceState {
	state := j.names[name]
	if state == nil {
		state = &resourceState{faults: make(map[faultKey]int)}
		if j.names == nil {
			j.names = make(map[string]*resourceState)
		}
		j.names[name] = state
	}
	return state
}

// begin logs a request. number is its place among the counted ones of its
// name, from 1; a request that does not count gets the number of the next one.
// asked is its place among those that are HEAD, too.
func (j *journal) begin(name string, entry Entry, counts bool) (logged *Entry, number, asked int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	state := j.state(name)
	number = state.requests + 1
	if counts {
		state.requests++
	}
	if entry.Method != http.MethodOptions {
		state.asked++
	}
	if len(state.entries) == maxLogged {
		state.entries = append(state.entries[:0], state.entries[1:]...)
	}
	state.entries = append(state.entries, &entry)
	return &entry, number, state.asked
}

// update changes a logged entry.
func (j *journal) update(entry *Entry, change func(*Entry)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(entry)
}

// end notes how the exchange ended, unless that is known already.
func (j *journal) end(entry *Entry, outcome Outcome) {
	j.update(entry, func(e *Entry) {
		if e.Outcome == UnderWay {
			e.Outcome = outcome
		}
		e.Ms = max(1, time.Since(e.Time).Milliseconds())
	})
}

// takeFault tells whether the fault is to happen now, and counts it. It happens
// limit times, or always if limit is 0.
func (j *journal) takeFault(name string, key faultKey, limit int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	faults := j.state(name).faults
	if limit != 0 && faults[key] >= limit {
		return false
	}
	faults[key]++
	return true
}

// due tells whether the fault would happen now.
func (j *journal) due(name string, key faultKey, limit int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return limit == 0 || j.state(name).faults[key] < limit
}

// takeRangeAnswer counts the answers to range requests, from 1.
func (j *journal) takeRangeAnswer(name string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	state := j.state(name)
	state.rangeAnswers++
	return state.rangeAnswers
}

// forget drops the state of name, or of all names for "".
func (j *journal) forget(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if name == "" {
		j.names = nil
	} else {
		delete(j.names, name)
	}
}

// entries returns a copy of the log of name.
func (j *journal) entries(name string) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	copies := []Entry{}
	if state := j.names[name]; state != nil {
		for _, entry := range state.entries {
			copies = append(copies, *entry)
		}
	}
	return copies
}

// all returns a copy of the whole log by name.
func (j *journal) all() map[string][]Entry {
	j.mu.Lock()
	names := make([]string, 0, len(j.names))
	for name := range j.names {
		names = append(names, name)
	}
	j.mu.Unlock()
	logs := make(map[string][]Entry)
	for _, name := range names {
		logs[name] = j.entries(name)
	}
	return logs
}
