// Package evidence says what is proved about a body, and by what: its coding, its version,
// its length, its end. What a response only suggests is kept apart
// (bgfetch.ResponseData.Announced), and nothing ends, continues or joins bytes because of
// it. docs/reliability.md has the table.
package evidence

import (
	"math"
	"slices"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// Coding is what is known of the content coding of a response.
type Coding int

const (
	// CodingHidden: there may be one that is not shown. The offsets of the bytes that are
	// read may be others than those of the server's ranges, and so may be the length.
	CodingHidden Coding = iota
	// CodingNone: the bytes come as the server has them.
	CodingNone
	// CodingSome: the browser undoes a content coding.
	CodingSome
)

// undoneEverywhere are the content codings that each browser undoes, undoneCodings those that some
// do. Of others, such as aws-chunked, the bytes are left as they are.
var (
	undoneEverywhere = []string{"gzip", "x-gzip", "deflate", "br"}
	undoneCodings    = append([]string{"zstd", "dcb", "dcz"}, undoneEverywhere...)
)

// MayBeLeft says whether some browser leaves such a body as it is, although Content-Encoding names a
// coding that others undo: docs/observations.md. Whether this one does, the bytes of a range tell.
func MayBeLeft(h bgfetch.Head) bool {
	is := mediaType(h)
	return !slices.Contains(undoneEverywhere, strings.TrimSpace(h.Value("Content-Encoding"))) || is == "application/gzip" || is == "application/x-gzip"
}

// CodingOf is that of the body of a response with that head.
func CodingOf(h bgfetch.Head) Coding {
	for token := range strings.SplitSeq(h.Value("Content-Encoding"), ",") {
		if slices.Contains(undoneCodings, strings.ToLower(strings.TrimSpace(token))) {
			return CodingSome
		}
	}
	if _, ok := h.Get("Content-Encoding"); ok || h.Shows("Content-Encoding") {
		return CodingNone
	}
	return CodingHidden
}

// CodingOfBody is that of the response that the body began with. More bytes than its
// Content-Length announced prove that it hides one.
func CodingOfBody(d *bgfetch.ResponseData) Coding {
	if d.Head == nil {
		return CodingHidden
	}
	c := CodingOf(*d.Head)
	if c == CodingHidden && d.Announced > 0 && ranges.StoredLength(d.Segments) > d.Announced {
		return CodingSome
	}
	return c
}

// Announce takes down what the head of a response from byte 0 on says of the length:
// it is proved where there is no content coding.
func Announce(d *bgfetch.ResponseData, head bgfetch.Head) {
	length := head.ContentLength()
	switch {
	case length < 0 || CodingOf(head) == CodingSome:
	case CodingOf(head) == CodingNone:
		d.Length = length
	default:
		d.Announced = length
	}
}

// Distrust takes a length back that was stored for a body which may be encoded: a version
// of this program did not tell announced from proved.
func Distrust(d *bgfetch.ResponseData) {
	if d.Result == bgfetch.ResponseNone && d.Length > 0 && CodingOfBody(d) != CodingNone {
		d.Length, d.Announced = -1, d.Length
	}
}

// ExpectedLength is the length that the body probably has, -1 where nothing tells.
func ExpectedLength(d *bgfetch.ResponseData) int64 {
	if d.Length < 0 && d.Announced > 0 && CodingOfBody(d) == CodingHidden {
		return d.Announced
	}
	return d.Length
}

// Missing is how many bytes of a body are still to come, as far as that is known.
func Missing(d *bgfetch.ResponseData) int64 {
	return max(0, ExpectedLength(d)-ranges.StoredLength(d.Segments))
}

// Strong says whether a validator changes whenever the bytes do.
//
// Source: RFC 9110, section 8.8.1
func Strong(etag string) bool { return etag != "" && !strings.HasPrefix(etag, "W/") }

// IsSelfProving says whether a response to a Range request can prove by its head alone that
// its bytes are of this body: by a strong validator, where offsets are those of the resource.
func IsSelfProving(d *bgfetch.ResponseData) bool {
	return !d.Compare && d.Head != nil && Strong(d.ETag) && (d.Offsets || CodingOf(*d.Head) == CodingNone)
}

// Version is what the head of a response says of which version its body is.
type Version int

const (
	// VersionUnknown: nothing proves it to be the same, nor another one. Bytes decide.
	VersionUnknown Version = iota
	VersionSame
	VersionOther
)

// VersionOf compares a response with what is stored. complete is the complete length
// that it tells, -1 for none. Only a strong validator proves it to be the same version.
// Another ETag with the same Last-Modified proves nothing: servers behind one name often
// give each file an ETag of their own.
//
// Source: RFC 9110, section 8.8
func VersionOf(d *bgfetch.ResponseData, head bgfetch.Head, complete int64) Version {
	otherLength := d.Length >= 0 && complete >= 0 && d.Length != complete
	coding := CodingOf(head)
	etag, modified := head.Value("ETag"), head.Value("Last-Modified")
	sameModified := d.LastModified != "" && modified == d.LastModified
	// The ETag is that of a representation: each coding has one of its own.
	comparable := d.ETag != "" && etag != "" && d.Head != nil && CodingOf(*d.Head) == coding
	switch {
	case comparable && etag == d.ETag && Strong(etag):
		// Where the lengths differ all the same, one of them is wrong.
		if !otherLength && (coding == CodingNone || d.Offsets) {
			return VersionSame
		}
	case otherLength:
		return VersionOther
	case comparable && etag != d.ETag && !sameModified:
		return VersionOther
	case d.LastModified != "" && modified != "" && !sameModified:
		return VersionOther
	}
	return VersionUnknown
}

// Excludes says whether a response tells a complete length, -1 for none, behind which bytes are stored:
// it is of another file, or counts encoded bytes.
func Excludes(d *bgfetch.ResponseData, complete int64) bool {
	return complete >= 0 && complete < ranges.End(d.Segments)
}

// StandsIn says whether a response is, most likely, none of the server's, but a page that stands in
// for the file: that of a captive portal or of a gateway where somebody has to log in, or one that
// says "not found" with the status 200. It is HTML, and what is stored is not.
func StandsIn(d *bgfetch.ResponseData, head bgfetch.Head) bool {
	return head.Status >= 200 && head.Status <= 299 && d.Head != nil && len(d.Segments) > 0 && mediaType(*d.Head) != "" && !isHTML(*d.Head) && isHTML(head)
}

func isHTML(head bgfetch.Head) bool {
	is := mediaType(head)
	return is == "text/html" || is == "application/xhtml+xml"
}

func mediaType(head bgfetch.Head) string {
	is, _, _ := strings.Cut(head.Value("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(is))
}

// Doubt takes back a length that another response contradicts.
func Doubt(d *bgfetch.ResponseData, complete int64) {
	if d.Length >= 0 && complete >= 0 && d.Length != complete {
		d.Length, d.Announced = -1, 0
	}
}

// Join takes down that a response was proved to continue the body; complete is the
// complete length that it told, -1 for none. A validator that was not known before is kept.
func Join(d *bgfetch.ResponseData, head bgfetch.Head, complete int64) {
	d.Joined = true
	if d.From != "" && d.Head != nil { // the response is that to the new request
		first := *d.Head
		first.URL, first.Redirected = head.URL, head.Redirected
		d.Head, d.From = &first, ""
	}
	if etag := head.Value("ETag"); etag != "" && d.ETag != "" && etag != d.ETag {
		d.Compare = true // it changes from answer to answer
	}
	if d.Length < 0 && complete >= 0 {
		d.Length = complete
	}
	if d.Head != nil && CodingOf(*d.Head) == CodingOf(head) && d.ETag == "" {
		d.ETag = head.Value("ETag")
	}
	if d.LastModified == "" {
		d.LastModified = head.Value("Last-Modified")
	}
}

// MinOverlap is how many bytes are asked for again and compared at least, where no head
// proves that a response continues what is stored.
const MinOverlap = 32 << 10

// LeastOverlap is how many bytes prove at least that two responses are of the same file,
// where ranges are short: of a limited bandwidth, or all that a server brings.
const LeastOverlap = 4 << 10

// AddSeam takes down that a response begins at offset of which nothing proves yet that it
// is of the same file as what comes before.
func AddSeam(d *bgfetch.ResponseData, offset int64) {
	if i, found := slices.BinarySearch(d.Seams, offset); !found {
		d.Seams = slices.Insert(slices.Clone(d.Seams), i, offset)
	}
}

// Unproved is what a response with all of the body has to go on over so that what is stored is
// proved, too: the bytes behind each seam, and the end where that is not proved.
func Unproved(d *bgfetch.ResponseData) (spans []ranges.Span) {
	end := ranges.End(d.Segments)
	for _, offset := range d.Seams {
		spans = append(spans, ranges.Span{Start: offset, End: min(offset+MinOverlap, end)})
	}
	if d.Length < 0 {
		spans = append(spans, ranges.Span{Start: end, End: math.MaxInt64})
	}
	return spans
}

// CloseSeams removes those of which enough bytes behind were compared with a response that
// has the bytes before, too: it has been compared up to the byte compared, of which run was
// to be compared. It says whether there was one.
func CloseSeams(d *bgfetch.ResponseData, run ranges.Span, compared int64) bool {
	left := slices.DeleteFunc(slices.Clone(d.Seams), func(offset int64) bool {
		return run.Start <= offset && offset < compared && compared >= min(run.End, offset+LeastOverlap)
	})
	closed := len(left) < len(d.Seams)
	d.Seams = left
	return closed
}

// AddSeams makes seams of all places where bytes are stored behind a gap: what fills it need
// not be of the same file.
func AddSeams(d *bgfetch.ResponseData) {
	if IsSelfProving(d) {
		return // all that is stored has that validator
	}
	for _, run := range ranges.Runs(d.Segments) {
		if run.Start > 0 {
			AddSeam(d, run.Start)
		}
	}
}

// Ending is what the clean end of a response means.
type Ending int

const (
	// EndUnproved: whether the body ends there nothing tells.
	EndUnproved Ending = iota
	// EndOfBody: there is no more.
	EndOfBody
	// EndOfRange: all came that the response brings, and more of the body may follow.
	EndOfRange
	// EndShort: the response should have brought more.
	EndShort
)

// Response is a response that is being read, as JudgeEnd sees it.
type Response struct {
	Head bgfetch.Head
	// Partial: it answers a Range request of ours. Start is its first byte.
	Partial bool
	Start   int64
	// Complete is the proved or told complete length, Announced what the first response
	// announced; -1 for none.
	Complete, Announced int64
	// Told is the length that it has at least, as ranges told. EndedBefore is where a response ended
	// before, and nothing proved it; 0 for none.
	Told, EndedBefore int64
	// Asked is the byte after the last that was asked for, or part.ToEnd.
	Asked int64
	// Compared is the byte after the last that was compared with stored ones, from Start
	// on; Start where there was none. Drawn is the number of stored bytes among which Start was drawn
	// at random, 0 where it was not.
	Compared int64
	Drawn    int64
	// Sent asks how the body was sent.
	Sent    func() bgfetch.Sent
	Framing bgfetch.Framing
}

// checksLength says whether it were an error if the response was shorter than its
// Content-Length.
func (r *Response) checksLength(sent bgfetch.Sent) bool {
	if r.Framing.ContentLength || !r.Framing.KeptAlive {
		return r.Framing.ContentLength
	}
	return r.Head.Shows("Connection") && !r.Head.Lists("Connection", "close") && (sent.Protocol == "http/1.1" || IsMultiplexed(sent))
}

// checksEnd says whether it were an error if the response without a Content-Length, and
// without a content coding, broke off: where it is chunked, or a stream of HTTP/2 or 3.
// One that ends with its connection (RFC 9112, section 6.3) may end anywhere.
func (r *Response) checksEnd() bool {
	return r.Framing.Chunked && (r.Head.Lists("Transfer-Encoding", "chunked") || IsMultiplexed(r.Sent()))
}

// IsMultiplexed says whether the response was one stream of several in its connection.
func IsMultiplexed(s bgfetch.Sent) bool { return s.Protocol == "h2" || s.Protocol == "h3" }

// longestEncoded is more than a content coding makes of so many bytes, also where it cannot
// compress them and some are added to hide the length.
func longestEncoded(length int64) int64 { return length + length/16 + 256 }

// LeastDecoded is the least length of a body that has that length, perhaps encoded.
func LeastDecoded(encoded int64) int64 { return max(0, (encoded-256)/17*16) }

// JudgeEnd says what it means that the response ended cleanly at the byte read.
func (r *Response) JudgeEnd(read int64) Ending {
	length := r.Head.ContentLength()
	switch {
	case r.Complete >= 0 && read >= r.Complete:
		return EndOfBody
	case r.Partial:
		return r.judgePartialEnd(read)
	case r.Complete >= 0, length > longestEncoded(read):
		return EndShort
	}
	coding, sent := CodingOf(r.Head), bgfetch.Sent{EncodedLength: -1}
	asLong := coding == CodingHidden && length == read
	if asLong && (r.Framing.ContentLength || r.Framing.KeptAlive) {
		return EndOfBody // the one reports a shorter one, the other has nothing to tell of sizes
	}
	if coding != CodingNone {
		sent = r.Sent()
	}
	if asLong && (sent.EncodedLength < 0 || sent.EncodedLength == length) {
		return EndOfBody
	}
	if coding == CodingHidden && (sent.Plain || (sent.EncodedLength == read && !sent.Encoded)) {
		coding = CodingNone
	}
	switch {
	case coding == CodingNone && length >= 0:
		return EndShort
	case coding == CodingNone && r.checksEnd():
		return EndOfBody
	case length >= 0 && sent.EncodedLength >= 0 && sent.EncodedLength != length:
		return EndShort
	case length >= 0 && (sent.EncodedLength == length || r.checksLength(sent)):
		return EndOfBody
	}
	return EndUnproved
}

// leastDrawn is the number of places among which the start of a range was drawn where it proves by itself
// that it does not end by chance where another one has ended.
const leastDrawn = 512

// judgePartialEnd: a server may bring less than it was asked for. Where the complete
// length is not known, the end is proved when the server brings nothing beyond what is
// stored already, or as much as the first response announced.
func (r *Response) judgePartialEnd(read int64) Ending {
	length := ranges.PartialLength(r.Head)
	switch {
	case length >= 0 && read < r.Start+length:
		return EndShort
	case length >= 0 && read > r.Start+length:
		return EndOfRange // it was encoded; the bytes will tell
	case r.Complete < 0 && read < r.Asked && read >= r.Told && (read == r.Announced && r.Compared > r.Start || read == r.Compared && r.Drawn > 0):
		breaksOff := length < 0 && read != r.EndedBefore && !r.checksEnd()
		if breaksOff || read != r.Announced && r.Drawn < leastDrawn {
			return EndUnproved // it may have broken off just there, or bring so many at a time
		}
		return EndOfBody
	}
	return EndOfRange
}

// Mixes says whether what is fetched again, when these are left of its segments, need not be
// of the same file: where nothing is left that it is compared with, what is left was not compared
// itself, or the last bytes are gone, which a shorter file does not have. Who has read of the one must
// not go on with the other.
func Mixes(d *bgfetch.ResponseData, left []bgfetch.Segment) bool {
	shorter := ranges.End(left) < ranges.End(d.Segments) && d.Length < 0 && !IsSelfProving(d)
	return len(left) == 0 || len(d.Seams) > 0 || shorter
}
