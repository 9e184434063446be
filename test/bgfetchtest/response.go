package bgfetchtest

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Response is what a server function answers with.
type Response struct {
	// Err, if set, is what Open fails with: no response at all.
	Err error
	// Delay passes before the head.
	Delay time.Duration
	Head  bgfetch.Head
	Body  []byte
	// Cut breaks the body off after that many bytes, Stall lets nothing more come
	// after them. Zero: the body is complete. CutAtOnce breaks it off before the first,
	// StallAtOnce lets not one come.
	Cut         int
	CutAtOnce   bool
	Stall       int
	StallAtOnce bool
	// Broken, if set, breaks the body off when it is closed.
	Broken <-chan struct{}
	// LateEnd: that the body has ended is known only when nothing more comes.
	LateEnd bool
	// Rate is in bytes per second, 0 for at once.
	Rate int
	// Link, if set, is the way that the response shares with others.
	Link *Link
	// Sent, if set, is what the browser tells of how the body was sent.
	Sent *bgfetch.Sent
}

// Link is a way of limited throughput that responses share.
type Link struct {
	// Rate is in bytes per second.
	Rate int

	mu   sync.Mutex
	free time.Time // when it has carried all that it was given
}

// atMost is that rate, or the link's where that is less: a segment ends after a time, not when it is
// full.
func (l *Link) atMost(rate int) int {
	if l == nil {
		return rate
	}
	return min(rate, l.Rate)
}

// carry returns how long n more bytes take.
func (l *Link) carry(n int) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(n) * time.Second / time.Duration(l.Rate))
	return time.Until(l.free)
}

// Resource is a file on a well-behaved server.
type Resource struct {
	Body         []byte
	ETag         string
	LastModified string
	// Type is the response type, "basic" if not given. "cors" hides what a
	// browser hides.
	Type string
	// Rate is in bytes per second.
	Rate int
	Link *Link
	// Headers are added to each response.
	Headers []bgfetch.Header
}

// Respond answers a request as a server does that knows Range.
func (r Resource) Respond(init bgfetch.TransferInit) Response {
	head := bgfetch.Head{URL: init.Request.URL, Type: bgfetch.ResponseType(r.Type), Status: 200}
	if head.Type == "" {
		head.Type = "basic"
	}
	first, last := int(init.RangeStart), len(r.Body)
	if init.RangeEnd > 0 {
		last = min(last, int(init.RangeEnd))
	}
	body := r.Body
	visible := head.Type == "basic"
	if init.RangeStart+init.RangeEnd > 0 || init.Ranged {
		if first >= len(r.Body) {
			head.Status = 416
			if visible {
				head.Headers = append(head.Headers, bgfetch.Header{"Content-Range", fmt.Sprintf("bytes */%d", len(r.Body))})
			}
			return Response{Head: head}
		}
		head.Status = 206
		body = r.Body[first:last]
		if visible {
			head.Headers = append(head.Headers, bgfetch.Header{"Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last-1, len(r.Body))})
		}
	}
	head.Headers = append(head.Headers, bgfetch.Header{"Content-Length", strconv.Itoa(len(body))})
	if r.ETag != "" && visible {
		head.Headers = append(head.Headers, bgfetch.Header{"ETag", r.ETag})
	}
	if r.LastModified != "" {
		head.Headers = append(head.Headers, bgfetch.Header{"Last-Modified", r.LastModified})
	}
	head.Headers = append(head.Headers, r.Headers...)
	return Response{Head: head, Body: body, Rate: r.Rate, Link: r.Link}
}
