package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// livesBrowser makes of what goes over the wire what a browser hands out, as observed
// (docs/observations.md).
type livesBrowser string

const (
	likeChromium livesBrowser = "chromium"
	likeFirefox  livesBrowser = "firefox"
	likeWebKit   livesBrowser = "webkit"
)

func (b livesBrowser) framing() bgfetch.Framing {
	return map[livesBrowser]bgfetch.Framing{likeChromium: chromium, likeFirefox: firefox, likeWebKit: webkit}[b]
}

// safelisted are the header fields that a cross-origin response shows in any case.
var safelisted = []string{"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}

// receive is the response that the browser makes of an answer to request n.
func (b livesBrowser) receive(s *livesServer, n int, init bgfetch.TransferInit) (response, livesAnswer) {
	a := s.respond(n, init)
	r := rand.New(rand.NewPCG(s.seed^1, uint64(n)))
	cross := s.cross || a.redirected
	got := response{Head: b.head(s, a, cross, init.Request.URL), Rate: s.rate, LateEnd: chance(r, 50)}
	if chance(r, 10) {
		got.Delay = time.Duration(r.IntN(3000)) * time.Millisecond
	} else if chance(r, 2) && !s.good {
		got.Delay = time.Duration(r.IntN(90)) * time.Second
	}
	ranged := init.RangeStart+init.RangeEnd > 0 || init.Ranged
	s.look(got.Head, a, ranged)
	if a.status != 200 && a.status != 206 {
		return got, a
	}
	if b == likeChromium && a.coded && ranged {
		return response{Err: fmt.Errorf("a coded answer to a range: %w", bgfetch.ErrNetwork)}, a
	}
	bytes, whole := b.read(r, a)
	clean := a.cut < 0 || b.endsCleanly(s, a)
	switch {
	case a.how == "stall" && !clean && len(bytes) > 0:
		got.Body, got.Stall = append(slices.Clip(bytes), 0), len(bytes)
	case !whole || !clean:
		got.Body, got.Cut, got.CutAtOnce = append(slices.Clip(bytes), 0), len(bytes), len(bytes) == 0
	default:
		got.Body = bytes
	}
	if b == likeFirefox && !clean && a.cut == 0 && a.length >= 0 {
		return response{Err: fmt.Errorf("it ended before the first byte: %w", bgfetch.ErrNetwork)}, a
	}
	got.Sent = b.sent(s, a, cross, len(bytes))
	if b == likeWebKit && a.cut >= 0 && clean && a.coded && a.length == len(bytes) && got.Head.Type == "cors" {
		s.mu.Lock()
		s.asLong[len(bytes)] = true
		s.mu.Unlock()
	}
	if a.cut >= 0 && clean {
		s.lookAtEnd(a, len(bytes), got.Sent.EncodedLength)
	}
	return got, a
}

// look counts the answers to Range requests that say nothing of a range and its length.
func (s *livesServer) look(head bgfetch.Head, a livesAnswer, ranged bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	named := slices.ContainsFunc(head.Headers, func(h bgfetch.Header) bool {
		return h[0] == "Content-Length" || (h[0] == "Content-Range" && !a.odd)
	})
	if ranged && (a.status != 206 || a.coded || a.odd || !named) {
		s.rangeless++
	}
}

// lookAtEnd counts an end that comes too early, where neither a length nor the size that
// the timing entry tells shows it.
func (s *livesServer) lookAtEnd(a livesAnswer, read int, encoded int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.length < 0 || (encoded < 0 && (a.coded || s.cross || a.redirected)) {
		s.ends[a.start+read]++
	}
	shown := s.exposed == "*" || (!s.cross && !a.redirected)
	if a.length < 0 && !a.coded && a.start == 0 && a.how == "valid" && a.framed && shown {
		s.framed[read]++
	}
}

func (b livesBrowser) head(s *livesServer, a livesAnswer, cross bool, url string) bgfetch.Head {
	head := bgfetch.Head{URL: url, Type: "basic", Status: a.status, Redirected: a.redirected}
	if a.redirected {
		head.URL = "https://elsewhere.test/file"
	}
	all := a.headers
	if a.length < 0 && a.framed {
		all = append(all, bgfetch.Header{"Transfer-Encoding", "chunked"})
	}
	if s.connectionClose {
		all = append(all, bgfetch.Header{"Connection", "close"})
	}
	if s.exposed != "" {
		all = append(all, bgfetch.Header{"Access-Control-Expose-Headers", s.exposed})
	}
	if !cross {
		head.Headers = all
		return head
	}
	head.Type = "cors"
	shown := strings.Split(strings.ToLower(s.exposed), ", ")
	for _, h := range all {
		if name := strings.ToLower(h[0]); s.exposed == "*" || slices.Contains(safelisted, name) || slices.Contains(shown, name) {
			head.Headers = append(head.Headers, h)
		}
	}
	return head
}

// read is what a script reads of the body before it ends, and whether that can be all.
func (b livesBrowser) read(r *rand.Rand, a livesAnswer) (bytes []byte, ok bool) {
	payload := a.payload
	if a.cut >= 0 {
		payload = payload[:a.cut]
	}
	gzip := slices.ContainsFunc(a.headers, func(h bgfetch.Header) bool { return h[1] == "gzip" })
	switch {
	case !a.coded:
		return payload, true
	case a.start > 0 && gzip && b == likeFirefox:
		return nil, false
	case a.start > 0 && gzip:
		return payload, true // WebKit hands it on as it is
	case a.start > 0: // brotli makes something of anything
		return livesBytes(r, len(payload)), true
	}
	n := a.file.decoded(len(payload))
	if b == likeWebKit && !gzip && a.cut >= 0 && n < len(a.file.body) {
		n = max(0, n/16384-r.IntN(4)) * 16384 // what its decoder holds is lost
	}
	return a.file.body[:n], true
}

// endsCleanly says whether a body that breaks off ends as if it were complete.
func (b livesBrowser) endsCleanly(s *livesServer, a livesAnswer) bool {
	complete := a.cut == len(a.payload) && (a.length >= 0 || !a.framed)
	switch {
	case complete, a.how == "valid" && a.framed, a.how != "reset" && a.how != "stall" && !a.framed:
		return true
	case a.how != "end":
		return false
	case a.length >= 0:
		return (b == likeFirefox && a.coded) || (b == likeWebKit && s.connectionClose)
	}
	return b == likeWebKit
}

// sent is what its timing entry tells.
func (b livesBrowser) sent(s *livesServer, a livesAnswer, cross bool, decoded int) *bgfetch.Sent {
	encoded := len(a.payload)
	if a.cut >= 0 {
		encoded = a.cut
	}
	sent := &bgfetch.Sent{EncodedLength: -1}
	visible := !a.redirected && decoded > 0
	if !a.redirected && (!cross || s.timing) {
		sent.Protocol = "http/1.1"
	}
	switch b {
	case likeChromium:
		sent.Encoded = a.coded
		sent.Plain = !a.coded && s.coding != "unknown" // "@unknown"
		if visible && (!cross || s.timing) {
			sent.EncodedLength = int64(encoded)
		}
	case likeFirefox:
		if visible {
			sent.EncodedLength = int64(encoded)
		}
	}
	return sent
}

// String says what was answered, for the log of a life that failed.
func (a livesAnswer) String() string {
	text := fmt.Sprintf("%d of version %s, %d bytes", a.status, a.file.etag, len(a.payload))
	if a.coded {
		text += " encoded"
	}
	if a.cut >= 0 {
		text += fmt.Sprintf(", cut at %d (%s)", a.cut, a.how)
	}
	return text
}
