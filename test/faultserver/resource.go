package faultserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lastModified is that of every resource, until it changes.
var lastModified = time.Date(2026, time.March, 14, 15, 9, 26, 0, time.UTC)

// answer is the work on one request.
type answer struct {
	server  *Server
	ctx     context.Context
	w       http.ResponseWriter
	r       *http.Request
	name    string
	options options
	entry   *Entry
	number  int // of this request among those of the name, from 1
	asked   int // the same, where HEAD counts too
}

// serveResource answers for a name. source is nil for generated content.
func (s *Server) serveResource(w http.ResponseWriter, r *http.Request, name string, query url.Values, source Source) {
	ctx, done, ok := s.connections.begin(name, w, r)
	defer done()
	o, err := parseOptions(query)
	if err != nil {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	counts := ok && r.Method != http.MethodHead && r.Method != http.MethodOptions
	entry, number, asked := s.journal.begin(name, Entry{
		Time: time.Now(), Method: r.Method, URL: r.URL.RequestURI(),
		Range: r.Header.Get("Range"), IfRange: r.Header.Get("If-Range"), AcceptEncoding: r.Header.Get("Accept-Encoding"),
		Priority: r.Header.Get("Priority"), Origin: r.Header.Get("Origin"),
	}, counts)
	outcome := ClientLeft // stays if the connection is gone before it can be reset
	defer func() { s.journal.end(entry, outcome) }()
	if !ok {
		outcome = Refused
		reset(w)
		return
	}
	a := &answer{s, ctx, w, r, name, o, entry, number, asked}
	outcome = a.serve(source)
}

// serve reads what was uploaded, waits, and answers.
func (a *answer) serve(source Source) Outcome {
	if a.r.Method != http.MethodGet && a.r.Method != http.MethodHead && a.r.Method != http.MethodOptions {
		upload, outcome := a.receive()
		if outcome != Complete {
			reset(a.w)
			return outcome
		}
		if source == nil && a.options.size < 0 {
			source = bytes.NewReader(encodeJSON(upload))
			a.options.contentType = "application/json"
		}
	}
	if err := wait(a.ctx, time.Duration(a.options.delay)*time.Millisecond); err != nil {
		reset(a.w)
		if errors.Is(err, errBroken) {
			return Broken
		}
		return ClientLeft
	}
	if a.number <= a.options.cutHead {
		reset(a.w)
		return Cut
	}
	if a.options.corsApplies(a.number) && (!a.options.corsOrigin || a.r.Header.Get("Origin") != "") {
		a.allowOrigins()
	}
	a.sayHow()
	phase, inPhase := a.server.phases.of(a.name)
	switch {
	case a.r.Method == http.MethodOptions:
		return a.sendShort(http.StatusNoContent, "")
	case inPhase:
		return a.sendPhase(phase)
	case a.options.once && a.asked > 1:
		return a.sendShort(http.StatusForbidden, "the link was used already\n")
	case a.options.expires >= 0 && time.Now().UnixMilli() >= a.options.expires:
		return a.sendShort(http.StatusForbidden, "the link has expired\n")
	case a.options.authorization != "" && a.r.Header.Get("Authorization") != a.options.authorization:
		return a.sendShort(http.StatusUnauthorized, "that is not the token\n")
	case a.options.cookie != "" && !slices.ContainsFunc(a.r.Cookies(), func(c *http.Cookie) bool { return c.Name+"="+c.Value == a.options.cookie }):
		return a.sendShort(http.StatusUnauthorized, "that is not the session\n")
	case a.options.redirect != "" && a.number > a.options.redirectAfter:
		a.w.Header().Set("Location", a.options.redirect)
		return a.sendShort(a.options.redirectStatus, "")
	case a.options.statusApplies(a.number) && (a.options.status >= 300 || a.options.status == http.StatusNoContent):
		if a.options.retryAfter != "" {
			a.w.Header().Set("Retry-After", a.options.retryAfter)
		}
		if a.options.retryDate >= 0 {
			date := a.now().Add(time.Duration(a.options.retryDate) * time.Second)
			a.w.Header().Set("Retry-After", date.Format(http.TimeFormat))
		}
		return a.sendShort(a.options.status, fmt.Sprintf("%d as asked for\n", a.options.status))
	}
	return a.sendSource(a.version(source))
}

// now is the time by the server's clock.
func (a *answer) now() time.Time { return time.Now().Add(a.options.clock).UTC() }

// sayHow sets what every answer says of the server and the connection.
func (a *answer) sayHow() {
	header := a.w.Header()
	if a.options.clock != 0 {
		header.Set("Date", a.now().Format(http.TimeFormat))
	}
	if a.options.timing != "" {
		header.Set("Timing-Allow-Origin", a.options.timing)
	}
	if a.options.connectionClose {
		header.Set("Connection", "close")
	}
	if a.options.http10 {
		// net/http answers in the version of the request, and closes the connection.
		a.r.Proto, a.r.ProtoMinor = "HTTP/1.0", 0
	}
}

func (a *answer) allowOrigins() {
	header := a.w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	if a.options.expose != "" {
		header.Set("Access-Control-Expose-Headers", a.options.expose)
	}
	if a.r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", a.r.Header.Get("Access-Control-Request-Method"))
		header.Set("Access-Control-Allow-Headers", a.r.Header.Get("Access-Control-Request-Headers"))
	}
}

// sendShort answers with a status and a line of text.
func (a *answer) sendShort(status int, text string) Outcome {
	header := a.w.Header()
	header.Set("Cache-Control", a.options.cacheControl)
	hasBody := a.r.Method != http.MethodHead && text != "" &&
		status != http.StatusNoContent && status != http.StatusNotModified
	if text != "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	a.w.WriteHeader(status)
	a.server.journal.update(a.entry, func(e *Entry) { e.Status = status })
	if hasBody {
		n, _ := a.w.Write([]byte(text))
		a.server.journal.update(a.entry, func(e *Entry) { e.BytesSent = int64(n) })
	}
	return Complete
}

// version is what the name means at the time of the request: content and
// validators.
type version struct {
	source       Source
	etag         string
	lastModified time.Time
}

func (a *answer) version(source Source) version {
	o := &a.options
	replaced := a.number > o.replaceAfter
	if source == nil {
		content := Content{Seed: o.seed, Length: max(0, o.size), Text: o.text, WAV: o.wav}
		if replaced {
			content.Seed++
		}
		if a.number > o.sizeAfter {
			content.Length += 4096
			if o.newSize >= 0 {
				content.Length = o.newSize
			}
		}
		source = content
	}
	v := version{source: source, lastModified: lastModified}
	identity := fnv.New64a()
	fmt.Fprint(identity, a.name, o.seed, o.size, o.text)
	replaced = replaced && !o.replaceQuiet
	if replaced || a.number > o.etagAfter {
		fmt.Fprint(identity, " changed")
	}
	if o.etagNode > 0 {
		fmt.Fprint(identity, " of node ", a.number%o.etagNode)
	}
	v.etag = fmt.Sprintf(`"%016x"`, identity.Sum64())
	if o.weakETag {
		v.etag = "W/" + v.etag
	}
	if replaced || a.number > o.lastModAfter {
		v.lastModified = lastModified.Add(time.Hour)
	}
	return v
}

// sendSource answers with content: whole, in part, or encoded.
func (a *answer) sendSource(v version) Outcome {
	o, header, source := &a.options, a.w.Header(), v.source
	header.Set("Content-Type", o.contentType)
	header.Set("Cache-Control", o.cacheControl)
	if o.disposition != "" {
		header.Set("Content-Disposition", o.disposition)
	}
	coding := a.contentCoding()
	if coding != "" && !o.weakETag {
		v.etag = "W/" + v.etag
	}
	if !o.partValidators {
		a.setValidators(v)
	}
	if o.stored != "" {
		header.Set("Content-Encoding", o.stored)
		source = a.server.stored(source, o.stored)
		v.source = source
	}
	if o.codingHeader.given {
		header.Set("Content-Encoding", o.codingHeader.text)
	}
	if coding != "" {
		header.Set("Content-Encoding", coding)
		header.Set("Vary", "Accept-Encoding")
		return a.sendBody(a.statusOK(), a.server.encodedLength(source, coding), span{0, source.Size()}, func(b *body) error {
			return copyEncoded(b, source, coding)
		})
	}
	part, verdict := a.requestedRange(v)
	if !o.noRange {
		header.Set("Accept-Ranges", "bytes")
	}
	switch verdict {
	case rangeUnsatisfiable:
		header.Set("Content-Range", fmt.Sprintf("bytes */%d", source.Size()))
		return a.sendShort(http.StatusRequestedRangeNotSatisfiable, "no such range\n")
	case rangeOne:
		a.setValidators(v)
		if open := strings.HasSuffix(a.r.Header.Get("Range"), "-"); open && o.rangeCap > 0 {
			part.end = min(part.end, part.start+o.rangeCap)
		}
		return a.sendPartial(source, part)
	}
	length := part.length()
	if o.contentLength >= 0 && a.r.Method == http.MethodGet {
		length = o.contentLength
	}
	return a.sendBody(a.statusOK(), length, part, func(b *body) error {
		if err := copySpan(b, source, span{part.start, min(part.end, part.start+length)}); err != nil {
			return err
		}
		if length != part.length() {
			return fault(Truncated) // what is left is more, or nothing
		}
		return nil
	})
}

// setValidators tells the version, unless the URL says that nobody does.
func (a *answer) setValidators(v version) {
	if !a.options.noLastModified {
		a.w.Header().Set("Last-Modified", v.lastModified.Format(http.TimeFormat))
	}
	if !a.options.noETag {
		a.w.Header().Set("ETag", v.etag)
	}
}

// statusOK is 200, or another 2xx that the URL asks for.
func (a *answer) statusOK() int {
	if a.options.statusApplies(a.number) {
		return a.options.status
	}
	return http.StatusOK
}

// requestedRange reads Range, which counts for a GET whose If-Range holds.
func (a *answer) requestedRange(v version) (span, rangeVerdict) {
	header := a.r.Header.Get("Range")
	if condition := a.r.Header.Get("If-Range"); condition != "" {
		strong := condition == v.etag && !strings.HasPrefix(condition, "W/") && !a.options.noETag
		same := condition == v.lastModified.Format(http.TimeFormat) && !a.options.noLastModified
		if !strong && !same {
			header = ""
		}
	}
	if a.options.noRange || a.r.Method != http.MethodGet {
		header = ""
	}
	return parseRange(header, v.source.Size())
}

// sendBody sends the head and then what write gives to the body. length is
// Content-Length, unless it is to be chunked.
func (a *answer) sendBody(status int, length int64, part span, write func(*body) error) Outcome {
	header := a.w.Header()
	switch {
	case a.options.closeDelimited:
		header.Set("Transfer-Encoding", "identity") // so says net/http
	case !a.options.chunked:
		header.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	a.server.journal.update(a.entry, func(e *Entry) {
		e.Status, e.ContentRange = status, header.Get("Content-Range")
	})
	a.w.WriteHeader(status)
	if a.r.Method == http.MethodHead {
		return Complete
	}
	b := &body{
		ctx: a.ctx, server: a.server, name: a.name, options: &a.options, entry: a.entry,
		w: a.w, rc: http.NewResponseController(a.w), offset: part.start, begun: time.Now(),
	}
	err := b.rc.Flush()
	if err == nil {
		err = write(b)
	}
	return b.finish(err)
}
