package faultmatrix

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"background-fetch-wasm/test/faultserver"
	"background-fetch-wasm/wasm/bgfetch"
)

// browser is what a browser makes of a response, as observations.json recorded it of
// the real one; test/browser/scenarios/network/observations.mjs reads the same file.
type browser struct {
	name string
	// accepts is its Accept-Encoding, of requests without Range.
	accepts string
	// codings are those it decodes. A value with others among them is ignored
	// altogether, or only these where skipsUnknown is set. Names are compared as
	// they are where exactCase is set.
	codings                 []string
	skipsUnknown, exactCase bool
	// codedRangeFails: an answer in a coding to a request with Range is no response.
	codedRangeFails bool
	// oldEnds: a close in order is the end of any body of HTTP/1.0.
	oldEnds bool
	// shortCodedEnds: a body in a coding with fewer bytes than Content-Length ends
	// as if it were complete, if only the connection was closed in order.
	shortCodedEnds bool
	// closeEnds: a close in order is the end of any body, if the last chunk is
	// missing, or if it was said or is usual (HTTP/1.0) that the connection ends.
	closeEnds bool
	// passesUndecodable: what cannot be decoded from its first byte on is handed on
	// as it is, and so is a file that says that it is compressed.
	passesUndecodable bool
	// timing is what its entries tell of the size of a body.
	timing timingRule
	// tellsCoding: its entries tell the content coding, also where its header is hidden.
	tellsCoding bool
	// framing is what the worker tells the program of it.
	framing bgfetch.Framing
}

// timingRule says which responses a timing entry has the sizes of.
type timingRule int

const (
	timingNever timingRule = iota
	// timingAllowed: those of this origin, and where Timing-Allow-Origin is.
	timingAllowed
	// timingUnlessRedirected: all but those after a redirect.
	timingUnlessRedirected
)

// browsers are those that are imitated.
var browsers = []*browser{
	{
		name: "chromium", accepts: "gzip, deflate, br, zstd",
		codings:         []string{"gzip", "x-gzip", "deflate", "br"},
		codedRangeFails: true, timing: timingAllowed, tellsCoding: true,
		framing: bgfetch.Framing{ContentLength: true, Chunked: true},
	},
	{
		name: "firefox", accepts: "gzip, deflate, br, zstd",
		codings:      []string{"gzip", "x-gzip", "deflate", "br"},
		skipsUnknown: true, oldEnds: true, shortCodedEnds: true, timing: timingUnlessRedirected,
		framing: bgfetch.Framing{Chunked: true},
	},
	{
		name: "webkit", accepts: "gzip, deflate",
		codings:   []string{"gzip", "x-gzip", "deflate", "br"},
		exactCase: true, closeEnds: true, passesUndecodable: true, timing: timingNever,
		framing: bgfetch.Framing{KeptAlive: true},
	},
}

// codingsOf are the codings that the browser decodes of a response, in the order in
// which they were applied.
func (b *browser) codingsOf(header http.Header) []string {
	if isArchive := strings.Contains(header.Get("Content-Type"), "gzip"); isArchive && b.passesUndecodable {
		return nil
	}
	var decoded []string
	for coding := range strings.SplitSeq(strings.Join(header.Values("Content-Encoding"), ","), ",") {
		coding = strings.TrimSpace(coding)
		if !b.exactCase {
			coding = strings.ToLower(coding)
		}
		switch {
		case slices.Contains(b.codings, coding):
			decoded = append(decoded, coding)
		case !b.skipsUnknown:
			return nil
		}
	}
	return decoded
}

// wire is a body as it comes from the connection: the browser's opinion of how it
// ended, and how much it was.
type wire struct {
	browser  *browser
	response *http.Response
	coded    bool
	length   int64
	end      error // io.EOF where it is taken for complete, nil before
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.response.Body.Read(p)
	w.length += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) && w.isEnd() {
		err = io.EOF
	}
	if err != nil {
		w.end = err
	}
	return n, err
}

// isEnd: whether a body whose connection was closed in order, too early, is complete to
// the browser.
func (w *wire) isEnd() bool {
	if w.response.ContentLength < 0 {
		return w.browser.closeEnds
	}
	old := !w.response.ProtoAtLeast(1, 1)
	return w.coded && w.browser.shortCodedEnds || old && w.browser.oldEnds || w.response.Close && w.browser.closeEnds
}

// decoder decodes lazily: a browser too has the head before the body.
type decoder struct {
	browser *browser
	coding  string
	source  *bufio.Reader
	wire    *wire
	reader  io.Reader
}

// decode puts decoders in front of what comes from the connection.
func (b *browser) decode(w *wire, codings []string) io.Reader {
	body := io.Reader(w)
	for _, coding := range slices.Backward(codings) {
		body = &decoder{browser: b, coding: coding, source: bufio.NewReader(body), wire: w}
	}
	return body
}

var errCoding = errors.New("the body is not in its coding")

func (d *decoder) Read(p []byte) (int, error) {
	if d.reader == nil {
		if err := d.open(); err != nil {
			return 0, d.mean(err)
		}
	}
	n, err := d.reader.Read(p)
	return n, d.mean(err)
}

// open looks at the first bytes. They stay where they are: a coding that they are not
// in may have to be passed on.
func (d *decoder) open() (err error) {
	head, err := d.source.Peek(4)
	if len(head) == 0 {
		return err
	}
	isGzip := bytes.HasPrefix(head, []byte{0x1f, 0x8b})
	isZlib := len(head) > 1 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0
	switch {
	case d.coding == "br":
		d.reader = &faultserver.BrotliReader{Source: d.source}
	case d.coding == "deflate" && isZlib:
		d.reader, err = zlib.NewReader(d.source)
		return err
	case d.coding == "deflate":
		d.reader = flate.NewReader(d.source)
	case isGzip:
		d.reader, err = gzip.NewReader(d.source)
		return err
	case d.browser.passesUndecodable:
		d.reader = d.source
	default:
		return errCoding
	}
	return nil
}

// mean is what an error of decoding is to the browser: none of them looks whether a
// coding is complete where its bytes end, or ends before they do.
func (d *decoder) mean(err error) error {
	if err == io.EOF {
		if _, err := io.Copy(io.Discard, d.source); err != nil {
			return err
		}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) && d.wire.end != nil {
		return d.wire.end
	}
	return err
}
