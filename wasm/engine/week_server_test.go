package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

const weekSite = "https://site.test"

// weekServer has one file, behind URLs or tokens that are good for an hour.
type weekServer struct {
	week *weekLife
	url  string
	size int64
	// cross: it is another origin. exposed: that shows all header fields.
	cross, exposed bool
	// etag: "strong", "weak" or "" for none. In a header the token is in Authorization, else in the
	// URL.
	etag     string
	inHeader bool
	// expired is the status of an answer to who comes too late.
	expired int
	// replacedAt is when the file is replaced, 0 for never.
	replacedAt time.Duration
	// responseLimit is the longest time that one response may take, 0 for any.
	responseLimit time.Duration
	// lossy: on average the connection breaks after so many bytes, 0 for never.
	lossy float64
	// gone: it answers with 410, from some byte on.
	gone atomic.Bool
}

func newWeekServer(w *weekLife, r *rand.Rand, name string, size int64) *weekServer {
	s := &weekServer{week: w, size: size, cross: chance(r, 50), exposed: chance(r, 50), etag: one(r, "strong", "strong", "weak", ""), inHeader: chance(r, 30)}
	s.url = weekSite + "/" + name
	if s.cross {
		s.url = "https://cdn.test/" + name
	}
	s.expired = one(r, 401, 403, 403, 404, 410)
	s.responseLimit = one(r, 0, 0, 10*time.Minute, time.Hour)
	s.lossy = one[float64](r, 0, 0, 500*mib, 100*mib, 20*mib)
	return s
}

// request is one for the file, good for an hour from now.
func (s *weekServer) request() bgfetch.Request {
	until := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	request := bgfetch.Request{URL: s.url, Method: "GET", Mode: "cors"}
	if s.inHeader {
		request.Headers = []bgfetch.Header{{"Authorization", until}}
	} else {
		request.URL += "?until=" + until
	}
	return request
}

func (s *weekServer) isExpired(request bgfetch.Request) bool {
	text := bgfetch.HeaderValue(request.Headers, "Authorization")
	if !s.inHeader {
		_, text, _ = strings.Cut(request.URL, "?until=")
	}
	until, err := strconv.ParseInt(text, 10, 64)
	return err != nil || time.Now().Unix() >= until
}

// version is that of the file by now.
func (s *weekServer) version() int {
	if s.replacedAt > 0 && s.week.now() >= s.replacedAt {
		return 1
	}
	return 0
}

// length is that of a version: they differ, or not.
func (s *weekServer) length(version int) int64 { return s.size - int64(version)*(s.size%2)*mib }

// weekAnswer is a response of which the body is not there.
type weekAnswer struct {
	head bgfetch.Head
	body weekBody
}

// respond answers a request in a phase, or outside of any.
func (s *weekServer) respond(init bgfetch.TransferInit, phase *weekPhase) (weekAnswer, error) {
	head := bgfetch.Head{URL: init.Request.URL, Type: "basic", Status: 200}
	if s.cross {
		head.Type = "cors"
	}
	add := func(name, value string) {
		if !s.cross || s.exposed || slices.Contains(safelisted, strings.ToLower(name)) {
			head.Headers = append(head.Headers, bgfetch.Header{name, value})
		}
	}
	switch {
	case phase == nil:
	case phase.kind == "portal redirect", phase.kind == "portal page" && s.cross:
		return weekAnswer{}, fmt.Errorf("CORS: %w", bgfetch.ErrNetwork)
	case phase.kind == "portal page":
		add("Content-Type", "text/html; charset=utf-8")
		add("Content-Length", "5321")
		return weekAnswer{head, weekBody{"login", 0, 0, 5321}}, nil
	case phase.kind == "portal 511" && s.cross:
		return weekAnswer{}, fmt.Errorf("CORS: %w", bgfetch.ErrNetwork)
	case phase.kind == "portal 511":
		head.Status = 511
		return weekAnswer{head, weekBody{}}, nil
	case phase.kind == "deploy":
		head.Status = phase.status
		if value := phase.header(time.Now()); value != "" {
			add("Retry-After", value)
			add("Date", time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
		}
		return weekAnswer{head, weekBody{}}, nil
	}
	if s.gone.Load() {
		head.Status = 410
		return weekAnswer{head, weekBody{}}, nil
	}
	if s.isExpired(init.Request) {
		head.Status = s.expired
		return weekAnswer{head, weekBody{}}, nil
	}
	version := s.version()
	length := s.length(version)
	body := weekBody{s.url, version, init.RangeStart, length - init.RangeStart}
	if init.RangeEnd > 0 {
		body.length = min(body.length, init.RangeEnd-init.RangeStart)
	}
	if init.RangeValue() != "" {
		if body.length <= 0 {
			head.Status = 416
			add("Content-Range", fmt.Sprintf("bytes */%d", length))
			return weekAnswer{head, weekBody{}}, nil
		}
		head.Status = 206
		add("Content-Range", fmt.Sprintf("bytes %d-%d/%d", body.from, body.from+body.length-1, length))
	}
	add("Content-Type", "video/mp4")
	add("Content-Length", strconv.FormatInt(body.length, 10))
	add("Last-Modified", time.Date(2023, 1, 2+version, 3, 4, 5, 0, time.UTC).Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	switch s.etag {
	case "strong":
		add("ETag", fmt.Sprintf(`"v%d"`, version))
	case "weak":
		add("ETag", fmt.Sprintf(`W/"v%d"`, version))
	}
	return weekAnswer{head, body}, nil
}

// refresh is the site's listener of backgroundfetchrefresh: it asks the site's own server, which is
// behind the same network, and is not always to be had.
func (w *weekLife) refresh(ctx context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
	n := w.refreshes.Add(1)
	w.tell("asked for another request, status %d", asked.Head.Status)
	if err := sleepIn(ctx, time.Duration(100+n*911%3000)*time.Millisecond); err != nil {
		return nil, err
	}
	if phase := w.phaseAt(w.now()); phase != nil || n%11 == 0 {
		return nil, errors.New("the site's server does not answer")
	}
	url, _, _ := strings.Cut(asked.Request.URL, "?")
	request := w.servers[url].request()
	return &request, nil
}

// sleepIn waits for that long, or until ctx ends.
func sleepIn(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
