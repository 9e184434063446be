// Package faultmatrix runs the core over real HTTP against a server that misbehaves.
// matrix.json is the table of faults with the outcome of each; the browser
// scenarios read the same table. A row is one resource of the fault server:
//
//	name         what happens
//	query        of its URL, see test/faultserver; size and seed have defaults, {other}
//	             is the other origin and {name} the name of the resource
//	size, seed   of what is to arrive in the end (3145728, 7)
//	text         whether that is text
//	host         of its URL instead of the server's
//	redirect     the redirect mode of the request: "error"
//	retry        what the background fetch wants of retries
//	crossOrigin  whether it lies on another origin
//	integrity    whether the site gives the hash of what is to arrive
//	downloadTotal
//	reason       the failure reason that is to come of it; absent: success
//	requests     the most requests that it may take
//	twice        whether the server may be asked for all of it more than once
//	seconds      the least time that it must take
//	slow         it takes half a minute with the default limits
package faultmatrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// network is a bgfetch.Network over net/http that shows of a response what a browser
// shows: cross-origin only what CORS allows, and of a body what it makes of it.
type network struct {
	browser *browser
	client  *http.Client
	bodies  *bgfetchtest.MemoryBodies
	origin  string
}

// newNetwork imitates a browser that has a page of origin open.
func newNetwork(b *browser, bodies *bgfetchtest.MemoryBodies, origin string) *network {
	// No connection is used twice, and none says so: as of a browser whose server
	// keeps them alive.
	transport := &http.Transport{MaxIdleConnsPerHost: -1, DisableCompression: true}
	n := &network{browser: b, bodies: bodies, origin: origin}
	n.client = &http.Client{Transport: transport, CheckRedirect: n.followRedirect}
	return n
}

var _ bgfetch.Network = (*network)(nil)

func (n *network) Online() bool { return true }

func (n *network) WaitOnline(context.Context) error { return nil }

func (n *network) Metered() bool { return false }

func (n *network) WaitChange(ctx context.Context, _ int64) (int64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}
func (n *network) WaitMetered(ctx context.Context, _ bool) error {
	<-ctx.Done()
	return ctx.Err()
}

func (n *network) Reachable(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return false
	}
	response, err := n.client.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

func (n *network) Open(ctx context.Context, init bgfetch.TransferInit) (bgfetch.Transfer, error) {
	transferring, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, cancel) // until the head is there
	defer stop()
	t, err := n.open(transferring, init)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("%w: %w", bgfetch.ErrNetwork, err)
	}
	t.cancel = cancel
	return t, nil
}

func (n *network) open(ctx context.Context, init bgfetch.TransferInit) (*transfer, error) {
	way := &way{crossOrigin: !n.owns(init.Request.URL), forbidden: init.Request.Redirect == "error"}
	ctx = context.WithValue(ctx, wayKey{}, way)
	request, err := http.NewRequestWithContext(ctx, init.Request.Method, init.Request.URL, nil)
	if err != nil {
		return nil, err
	}
	if way.crossOrigin {
		request.Header.Set("Origin", n.origin)
	}
	request.Header.Set("Accept-Encoding", n.browser.accepts)
	ranged := init.RangeStart+init.RangeEnd > 0 || init.Ranged
	if ranged {
		last := ""
		if init.RangeEnd > 0 {
			last = fmt.Sprint(init.RangeEnd - 1)
		}
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-%s", init.RangeStart, last))
		request.Header.Set("Accept-Encoding", "identity")
	}
	opened := time.Now()
	response, err := n.client.Do(request)
	if err != nil {
		return nil, err
	}
	if way.crossOrigin && response.Header.Get("Access-Control-Allow-Origin") == "" {
		return nil, errCORS
	}
	codings := n.browser.codingsOf(response.Header)
	if ranged && len(codings) > 0 && n.browser.codedRangeFails {
		return nil, errCoding
	}
	wire := &wire{browser: n.browser, response: response, coded: len(codings) > 0}
	return &transfer{
		network: n, init: init, head: head(response, way), way: way, wire: wire, opened: opened,
		body: n.browser.decode(wire, codings),
	}, nil
}

// way is what a request came by: whether it was ever another origin's, which it then
// stays, whether it was redirected, and whether that is forbidden.
type way struct{ crossOrigin, redirected, forbidden bool }

type wayKey struct{}

var (
	errCORS     = errors.New("no CORS headers")
	errRedirect = errors.New("redirected, and that is forbidden")
)

func (n *network) owns(url string) bool { return strings.HasPrefix(url, n.origin+"/") }

// followRedirect refuses what CORS does, and tells who asks. A request of mode no-cors
// has no way.
func (n *network) followRedirect(request *http.Request, via []*http.Request) error {
	way, ok := request.Context().Value(wayKey{}).(*way)
	if !ok {
		return nil
	}
	if way.forbidden {
		return errRedirect
	}
	way.redirected = true
	if way.crossOrigin && request.Response.Header.Get("Access-Control-Allow-Origin") == "" {
		return errCORS
	}
	origin := n.origin
	if last := via[len(via)-1].URL; way.crossOrigin && last.Host != request.URL.Host {
		origin = "null"
	}
	way.crossOrigin = way.crossOrigin || !n.owns(request.URL.String())
	if way.crossOrigin {
		request.Header.Set("Origin", origin)
	}
	return nil
}

// head is what a page sees of a response.
func head(response *http.Response, way *way) bgfetch.Head {
	h := bgfetch.Head{
		URL: response.Request.URL.String(), Type: "basic", Redirected: way.redirected, Status: response.StatusCode,
	}
	// https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name
	visible := []string{"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma"}
	for name := range strings.SplitSeq(response.Header.Get("Access-Control-Expose-Headers"), ",") {
		visible = append(visible, http.CanonicalHeaderKey(strings.TrimSpace(name)))
	}
	if way.crossOrigin {
		h.Type = "cors"
	}
	showsAll := !way.crossOrigin || slices.Contains(visible, "*")
	// What net/http has taken out, a browser shows.
	if len(response.TransferEncoding) > 0 {
		response.Header.Set("Transfer-Encoding", strings.Join(response.TransferEncoding, ", "))
	}
	if response.Close && response.ProtoAtLeast(1, 1) {
		response.Header.Set("Connection", "close")
	}
	for name, values := range response.Header {
		if showsAll || slices.Contains(visible, name) {
			h.Headers = append(h.Headers, bgfetch.Header{name, strings.Join(values, ", ")})
		}
	}
	return h
}

type transfer struct {
	// opened is when the request was sent.
	opened  time.Time
	network *network
	init    bgfetch.TransferInit
	head    bgfetch.Head
	way     *way
	wire    *wire
	body    io.Reader
	cancel  context.CancelFunc
	broken  error
}

func (t *transfer) Head() bgfetch.Head { return t.head }

// encodedLength is what the timing entry of a body that has ended tells of it: how many
// bytes it was before decoding. Not ok where it does not.
func (t *transfer) encodedLength() (bytes int64, ok bool) {
	switch t.network.browser.timing {
	case timingAllowed:
		ok = !t.way.crossOrigin || t.wire.response.Header.Get("Timing-Allow-Origin") == "*"
	case timingUnlessRedirected:
		ok = !t.way.redirected
	}
	return t.wire.length, ok && t.wire.end != nil
}

func (t *transfer) Stop() { t.cancel() }

func (t *transfer) Close() { t.cancel() }

// Compare implements bgfetch.Transfer.
func (t *transfer) Compare(ctx context.Context, stored []bgfetch.StoredRange, limits bgfetch.SaveLimits) (bgfetch.Compared, error) {
	want, err := t.network.bodies.Ranges(t.init.UniqueID, stored)
	if err != nil {
		return bgfetch.Compared{}, err
	}
	limits.MaxLength = min(limits.MaxLength, want.Len())
	body, end, err := t.take(ctx, limits)
	return bgfetch.Compared{Length: int64(len(body)), Equal: want.HasPrefix(body), End: end}, err
}

// Sent implements bgfetch.Transfer.
func (t *transfer) Sent(context.Context) bgfetch.Sent {
	sent := bgfetch.Sent{EncodedLength: -1, Duration: float64(time.Since(t.opened)) / float64(time.Millisecond)}
	if length, ok := t.encodedLength(); ok {
		sent.EncodedLength = length
	}
	if t.network.browser.tellsCoding {
		sent.Plain = t.wire.response.Header.Get("Content-Encoding") == "" // else it is "@unknown"
		sent.Encoded = t.wire.coded
	}
	if response := t.wire.response; !t.way.crossOrigin || response.Header.Get("Timing-Allow-Origin") == "*" {
		sent.Protocol = strings.ToLower(response.Proto)
	}
	return sent
}

func (t *transfer) Save(ctx context.Context, key bgfetch.SegmentKey, limits bgfetch.SaveLimits, w io.Writer) (bgfetch.Saved, error) {
	piece, end, err := t.take(ctx, limits)
	if err != nil {
		return bgfetch.Saved{}, err
	}
	if len(piece) > 0 {
		if err := t.network.bodies.Put(t.init.UniqueID, key, piece); err != nil {
			return bgfetch.Saved{}, err
		}
		if w != nil {
			_, _ = w.Write(piece)
		}
	}
	return bgfetch.Saved{Length: int64(len(piece)), End: end}, nil
}

// take returns the next bytes of the body, and whether it has ended cleanly after them.
func (t *transfer) take(ctx context.Context, limits bgfetch.SaveLimits) ([]byte, bool, error) {
	if t.broken != nil {
		return nil, false, t.broken
	}
	defer context.AfterFunc(ctx, t.cancel)()
	piece := make([]byte, min(limits.MaxLength, 256<<10))
	n, end := 0, false
	for begun := time.Now(); n < len(piece) && time.Since(begun) < limits.MaxTime; {
		read, err := t.body.Read(piece[n:])
		n += read
		if end = err == io.EOF; end {
			break
		}
		if err != nil {
			t.broken = fmt.Errorf("%w: %v", bgfetch.ErrNetwork, err)
			break
		}
	}
	if n == 0 && t.broken != nil {
		return nil, false, t.broken
	}
	return piece[:n], end, nil
}
