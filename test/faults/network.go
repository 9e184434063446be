// Package faults runs the core over real HTTP against a server that misbehaves.
// matrix.json is the table of faults with the outcome of each; the browser
// scenarios read the same table. A row is one resource of the fault server:
//
//	name         what happens
//	query        of its URL, see test/faultserver; size and seed have defaults, {other}
//	             is the other origin and {name} the name of the resource
//	size, seed   of what is to arrive in the end (3145728, 7)
//	text         whether that is text
//	host         of its URL instead of the server's
//	retry        what the background fetch wants of retries
//	crossOrigin  whether it lies on another origin
//	downloadTotal
//	reason       the failure reason that is to come of it; absent: success
//	requests     the most requests that it may take
//	twice        whether the server may be asked for all of it more than once
//	seconds      the least time that it must take
//	slow         it takes half a minute with the default limits
package faults

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/test/faultserver"
	"background-fetch-wasm/wasm/bgfetch"
)

// network is a bgfetch.Network over net/http that shows of a response what a
// browser shows: cross-origin only what CORS allows.
type network struct {
	client *http.Client
	bodies *bgfetchtest.MemoryBodies
	origin string
}

var _ bgfetch.Network = (*network)(nil)

func (n *network) Online() bool { return true }

func (n *network) WaitOnline(context.Context) error { return nil }

func (n *network) Metered() bool { return false }

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
	request, err := http.NewRequestWithContext(transferring, init.Request.Method, init.Request.URL, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	crossOrigin := !strings.HasPrefix(init.Request.URL, n.origin+"/")
	if crossOrigin {
		request.Header.Set("Origin", n.origin)
	}
	request.Header.Set("Accept-Encoding", "gzip, br")
	if ranged := init.RangeStart+init.RangeEnd > 0 || init.Ranged; ranged {
		last := ""
		if init.RangeEnd > 0 {
			last = fmt.Sprint(init.RangeEnd - 1)
		}
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-%s", init.RangeStart, last))
		request.Header.Set("Accept-Encoding", "identity")
	}
	response, err := n.client.Do(request)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("%w: %v", bgfetch.ErrNetwork, err)
	}
	crossOrigin = crossOrigin || !strings.HasPrefix(response.Request.URL.String(), n.origin+"/")
	if crossOrigin && response.Header.Get("Access-Control-Allow-Origin") == "" {
		cancel()
		return nil, fmt.Errorf("%w: no CORS headers", bgfetch.ErrNetwork)
	}
	body := io.Reader(response.Body)
	switch response.Header.Get("Content-Encoding") {
	case "gzip":
		body = &gunzip{source: response.Body}
	case "br":
		body = &faultserver.BrotliReader{Source: response.Body}
	}
	return &transfer{network: n, init: init, head: head(response, crossOrigin), body: body, cancel: cancel}, nil
}

// head is what a page sees of a response.
func head(response *http.Response, crossOrigin bool) bgfetch.Head {
	h := bgfetch.Head{URL: response.Request.URL.String(), Type: "basic", Status: response.StatusCode}
	// https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name
	visible := []string{"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma"}
	for name := range strings.SplitSeq(response.Header.Get("Access-Control-Expose-Headers"), ",") {
		visible = append(visible, http.CanonicalHeaderKey(strings.TrimSpace(name)))
	}
	if crossOrigin {
		h.Type = "cors"
	}
	for name, values := range response.Header {
		if !crossOrigin || slices.Contains(visible, name) {
			h.Headers = append(h.Headers, bgfetch.Header{name, strings.Join(values, ", ")})
		}
	}
	return h
}

// gunzip decodes lazily: a browser too has the head before the body.
type gunzip struct {
	source io.Reader
	reader *gzip.Reader
}

func (g *gunzip) Read(p []byte) (n int, err error) {
	if g.reader == nil {
		if g.reader, err = gzip.NewReader(g.source); err != nil {
			return 0, err
		}
	}
	return g.reader.Read(p)
}

type transfer struct {
	network *network
	init    bgfetch.TransferInit
	head    bgfetch.Head
	body    io.Reader
	cancel  context.CancelFunc
	broken  error
}

func (t *transfer) Head() bgfetch.Head { return t.head }

func (t *transfer) Stop() { t.cancel() }

func (t *transfer) Close() { t.cancel() }

// Compare implements bgfetch.Transfer.
func (t *transfer) Compare(ctx context.Context, stored []bgfetch.StoredRange, limits bgfetch.SaveLimits) (bgfetch.Compared, error) {
	want, err := t.network.bodies.ReadRanges(t.init.UniqueID, stored)
	if err != nil {
		return bgfetch.Compared{}, err
	}
	limits.MaxLength = min(limits.MaxLength, int64(len(want)))
	body, end, err := t.take(ctx, limits)
	return bgfetch.Compared{Length: int64(len(body)), Equal: bytes.Equal(body, want[:len(body)]), End: end}, err
}

// Sent implements bgfetch.Transfer.
func (t *transfer) Sent(context.Context) bgfetch.Sent { return bgfetch.Sent{EncodedLength: -1} }

func (t *transfer) Save(ctx context.Context, key bgfetch.SegmentKey, limits bgfetch.SaveLimits, w io.Writer) (bgfetch.Piece, error) {
	piece, end, err := t.take(ctx, limits)
	if err != nil {
		return bgfetch.Piece{}, err
	}
	if len(piece) > 0 {
		if err := t.network.bodies.Put(t.init.UniqueID, key, piece); err != nil {
			return bgfetch.Piece{}, err
		}
		if w != nil {
			_, _ = w.Write(piece)
		}
	}
	return bgfetch.Piece{Length: int64(len(piece)), End: end}, nil
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
