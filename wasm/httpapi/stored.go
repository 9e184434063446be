package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// StoredBodyField is the header field of an answer whose bytes are not in it: its
// content is a ServedBody, in whose place the glue sends the bytes that it names.
// It never leaves the worker.
const StoredBodyField = "Bgfetch-Stored-Body"

// ServedBody says which bytes to send.
type ServedBody struct {
	Parts []Part `json:"parts"`
}

// Part is a run of bytes of an answer: some that are given, or some that are stored.
type Part struct {
	Bytes []byte `json:"bytes,omitempty"` // base64
	// Sums are put into Bytes.
	Sums []Sum `json:"sums,omitempty"`

	// Plan is the path, with its query, of the Plan that says where the bytes from
	// From up to and without To lie. To is -1 where the end is not known.
	Plan string `json:"plan,omitempty"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
	// First is that Plan from From on, as it is now, so that it need not be asked for. What
	// begins at To or after it is left out. nil where there is nothing to tell yet.
	First *bgfetch.Plan `json:"first,omitempty"`
}

// Sum is a place of four bytes for the CRC-32, little-endian, of the part number Of,
// counted from 0, which comes before.
type Sum struct {
	At int `json:"at"`
	Of int `json:"of"`
}

// storedReply is the http.ResponseWriter of an answer with stored bytes. What is
// read from an extent is not sent but named, as a server's sendfile does it.
type storedReply struct {
	http.ResponseWriter
	// part names bytes of the body: to is -1 where the end is not known.
	part func(from, to int64) Part
	head bool
	// sent says that bytes were named.
	sent bool
	// failed says that the answer was a problem: what follows is dropped.
	failed bool
}

var _ io.ReaderFrom = (*storedReply)(nil)

// WriteHeader implements http.ResponseWriter. It makes a problem of 416, whose
// other header fields are right.
func (s *storedReply) WriteHeader(status int) {
	if status == http.StatusRequestedRangeNotSatisfiable {
		s.failed = true
		header := s.Header()
		writeProblem(s.ResponseWriter, status, bgfetch.TypeError,
			"the body has "+strings.TrimPrefix(header.Get("Content-Range"), "bytes */")+" bytes")
		return
	}
	if !s.head && (status == http.StatusOK || status == http.StatusPartialContent) {
		s.Header().Set(StoredBodyField, "1")
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (s *storedReply) Write(data []byte) (int, error) {
	if s.failed {
		return len(data), nil
	}
	return s.ResponseWriter.Write(data)
}

// ReadFrom implements io.ReaderFrom for what http.ServeContent copies.
func (s *storedReply) ReadFrom(src io.Reader) (int64, error) {
	limited, ok := src.(*io.LimitedReader)
	if !ok {
		return 0, errUnread
	}
	content, ok := limited.R.(*extent)
	if !ok {
		return 0, errUnread
	}
	s.send(content.offset, content.offset+limited.N)
	return limited.N, nil
}

// sendFrom names all bytes from an offset on.
func (s *storedReply) sendFrom(offset int64) { s.send(offset, -1) }

func (s *storedReply) send(from, to int64) {
	if s.head {
		return
	}
	s.sent = true
	writeParts(s.ResponseWriter, []Part{s.part(from, to)})
}

func writeParts(w io.Writer, parts []Part) {
	text, err := json.Marshal(ServedBody{parts})
	if err != nil { // strings and numbers can be encoded
		panic(err)
	}
	_, _ = w.Write(text) // a client that went away needs no answer
}

// errUnread: stored bytes are never read by this program.
var errUnread = errors.New("stored bytes are not read here")

// extent is a body of a length for http.ServeContent, which asks how long it is
// and goes to where it would read.
type extent struct{ length, offset int64 }

// Read implements io.Reader.
func (e *extent) Read([]byte) (int, error) { return 0, errUnread }

// Seek implements io.Seeker.
func (e *extent) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		offset += e.length
	}
	e.offset = offset
	return offset, nil
}
