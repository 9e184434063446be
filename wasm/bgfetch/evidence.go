package bgfetch

import (
	"slices"
	"strings"
)

// What is proved about a body, and by what: its coding, its version, its length. What a
// response only suggests is kept apart (ResponseData.Announced), and nothing ends,
// continues or joins bytes because of it. docs/reliability.md has the table.

// coding is what is known of the content coding of a response.
type coding int

const (
	// codingHidden: there may be one that is not shown. The offsets of the bytes that are
	// read may be others than those of the server's ranges, and so may be the length.
	codingHidden coding = iota
	// codingNone: the bytes come as the server has them.
	codingNone
	// codingSome: the browser undoes a content coding.
	codingSome
)

// undoneCodings are the content codings that a browser undoes. Of others, such as
// aws-chunked, the bytes are left as they are.
var undoneCodings = []string{"gzip", "x-gzip", "deflate", "br", "zstd", "dcb", "dcz"}

func (h Head) coding() coding {
	for token := range strings.SplitSeq(h.value("Content-Encoding"), ",") {
		if slices.Contains(undoneCodings, strings.ToLower(strings.TrimSpace(token))) {
			return codingSome
		}
	}
	if _, ok := h.get("Content-Encoding"); ok || h.shows("Content-Encoding") {
		return codingNone
	}
	return codingHidden
}

// shows says whether a field of that name would be visible, so that its absence means
// something: same-origin, or where the server exposes it and says so to us.
func (h Head) shows(name string) bool {
	const exposed = "Access-Control-Expose-Headers"
	return h.sameOriginHeaders() || h.lists(exposed, name) || h.lists(exposed, "*")
}

// coding is that of the response that the body began with. More bytes than its
// Content-Length announced prove that it hides one.
func (d *ResponseData) coding() coding {
	if d.Head == nil {
		return codingHidden
	}
	c := d.Head.coding()
	if c == codingHidden && d.Announced > 0 && storedLength(d.Segments) > d.Announced {
		return codingSome
	}
	return c
}

// announce takes down what the head of a response from byte 0 on says of the length:
// it is proved where there is no content coding.
func (d *ResponseData) announce(head Head) {
	length := head.contentLength()
	switch {
	case length < 0 || head.coding() == codingSome:
	case head.coding() == codingNone:
		d.Length = length
	default:
		d.Announced = length
	}
}

// distrust takes a length back that was stored for a body which may be encoded: a version
// of this program did not tell announced from proved.
func (d *ResponseData) distrust() {
	if d.Result == ResponseNone && d.Length > 0 && d.coding() != codingNone {
		d.Length, d.Announced = -1, d.Length
	}
}

// expected is the length that the body probably has, -1 where nothing tells.
func (d *ResponseData) expected() int64 {
	if d.Length < 0 && d.Announced > 0 && d.coding() == codingHidden {
		return d.Announced
	}
	return d.Length
}

// strong says whether a validator changes whenever the bytes do.
//
// Source: RFC 9110, section 8.8.1
func strong(etag string) bool { return etag != "" && !strings.HasPrefix(etag, "W/") }

// selfProving says whether a response to a Range request can prove by its head alone that
// its bytes are of this body: by a strong validator, where offsets are those of the resource.
func (d *ResponseData) selfProving() bool {
	return !d.Compare && d.Head != nil && strong(d.ETag) && (d.Offsets || d.Head.coding() == codingNone)
}

// version is what the head of a response says of which version its body is.
type version int

const (
	// versionUnknown: nothing proves it to be the same, nor another one. Bytes decide.
	versionUnknown version = iota
	versionSame
	versionOther
)

// versionOf compares a response with what is stored. complete is the complete length
// that it tells, -1 for none. Only a strong validator proves it to be the same version.
// Another ETag with the same Last-Modified proves nothing: servers behind one name often
// give each file an ETag of their own.
//
// Source: RFC 9110, section 8.8
func (d *ResponseData) versionOf(head Head, complete int64) version {
	otherLength := d.Length >= 0 && complete >= 0 && d.Length != complete
	coding := head.coding()
	etag, modified := head.value("ETag"), head.value("Last-Modified")
	sameModified := d.LastModified != "" && modified == d.LastModified
	// The ETag is that of a representation: each coding has one of its own.
	comparable := d.ETag != "" && etag != "" && d.Head != nil && d.Head.coding() == coding
	switch {
	case comparable && etag == d.ETag && strong(etag):
		// Where the lengths differ all the same, one of them is wrong.
		if !otherLength && (coding == codingNone || d.Offsets) {
			return versionSame
		}
	case otherLength:
		return versionOther
	case comparable && etag != d.ETag && !sameModified:
		return versionOther
	case d.LastModified != "" && modified != "" && !sameModified:
		return versionOther
	}
	return versionUnknown
}

// doubt takes back a length that another response contradicts.
func (d *ResponseData) doubt(complete int64) {
	if d.Length >= 0 && complete >= 0 && d.Length != complete {
		d.Length, d.Announced = -1, 0
	}
}

// join takes down that a response was proved to continue the body; complete is the
// complete length that it told, -1 for none. A validator that was not known before is kept.
func (d *ResponseData) join(head Head, complete int64) {
	d.Joined = true
	if etag := head.value("ETag"); etag != "" && d.ETag != "" && etag != d.ETag {
		d.Compare = true // it changes from answer to answer
	}
	if d.Length < 0 && complete >= 0 {
		d.Length = complete
	}
	if d.Head != nil && d.Head.coding() == head.coding() && d.ETag == "" {
		d.ETag = head.value("ETag")
	}
	if d.LastModified == "" {
		d.LastModified = head.value("Last-Modified")
	}
}

// leastOverlap is how many bytes prove at least that two responses are of the same file,
// where ranges are short: of a limited bandwidth, or all that a server brings.
const leastOverlap = 4 << 10

// addSeam takes down that a response begins at offset of which nothing proves yet that it
// is of the same file as what comes before.
func (d *ResponseData) addSeam(offset int64) {
	if i, found := slices.BinarySearch(d.Seams, offset); !found {
		d.Seams = slices.Insert(slices.Clone(d.Seams), i, offset)
	}
}

// closeSeams removes those of which enough bytes behind were compared with a response that
// has the bytes before, too: it has been compared up to the byte compared, of which run was
// to be compared. It says whether there was one.
func (d *ResponseData) closeSeams(run span, compared int64) bool {
	left := slices.DeleteFunc(slices.Clone(d.Seams), func(offset int64) bool {
		return run.start <= offset && offset < compared && compared >= min(run.end, offset+leastOverlap)
	})
	closed := len(left) < len(d.Seams)
	d.Seams = left
	return closed
}

// addSeams makes seams of all places where bytes are stored behind a gap: what fills it need
// not be of the same file.
func (d *ResponseData) addSeams() {
	if d.selfProving() {
		return // all that is stored has that validator
	}
	for _, run := range runs(d.Segments) {
		if run.start > 0 {
			d.addSeam(run.start)
		}
	}
}

// ending is what the clean end of a response means.
type ending int

const (
	// endUnproved: whether the body ends there nothing tells.
	endUnproved ending = iota
	// endOfBody: there is no more.
	endOfBody
	// endOfRange: all came that the response brings, and more of the body may follow.
	endOfRange
	// endShort: the response should have brought more.
	endShort
)

// response is a response that is being read, as judgeEnd sees it.
type response struct {
	head Head
	// partial: it answers a Range request of ours. start is its first byte.
	partial bool
	start   int64
	// complete is the proved or told complete length, announced what the first response
	// announced; -1 for none.
	complete, announced int64
	// told is the length that it has at least, as ranges told. ended is where a response ended
	// before, and nothing proved it; 0 for none.
	told, ended int64
	// asked is the byte after the last that was asked for, or bodyEnd.
	asked int64
	// compared is the byte after the last that was compared with stored ones, from start
	// on; start where there was none. drawn: start was drawn at random among stored bytes.
	compared int64
	drawn    bool
	// sent asks how the body was sent.
	sent    func() Sent
	framing Framing
}

// Framing says which bodies that end too early a browser reports as errors, as observed
// (docs/observations.md). None of them reports a content coding that breaks off.
type Framing struct {
	// ContentLength: a response that is shorter than its Content-Length, encoded or not.
	// KeptAlive: the same, unless the connection ends with the response.
	ContentLength bool `json:"contentLength"`
	KeptAlive     bool `json:"keptAlive"`
	// Chunked: a chunked response without its last chunk.
	Chunked bool `json:"chunked"`
}

// checksLength says whether it were an error if the response was shorter than its
// Content-Length.
func (r *response) checksLength(sent Sent) bool {
	if r.framing.ContentLength || !r.framing.KeptAlive {
		return r.framing.ContentLength
	}
	return r.head.shows("Connection") && !r.head.lists("Connection", "close") && (sent.Protocol == "http/1.1" || sent.multiplexed())
}

// checksEnd says whether it were an error if the response without a Content-Length, and
// without a content coding, broke off: where it is chunked, or a stream of HTTP/2 or 3.
// One that ends with its connection (RFC 9112, section 6.3) may end anywhere.
func (r *response) checksEnd() bool {
	return r.framing.Chunked && (r.head.lists("Transfer-Encoding", "chunked") || r.sent().multiplexed())
}

func (s Sent) multiplexed() bool { return s.Protocol == "h2" || s.Protocol == "h3" }

// lists says whether the value of a field is a list with that token.
func (h Head) lists(name, token string) bool {
	for one := range strings.SplitSeq(h.value(name), ",") {
		if strings.EqualFold(strings.TrimSpace(one), token) {
			return true
		}
	}
	return false
}

// longestEncoded is more than a content coding makes of so many bytes, also where it cannot
// compress them and some are added to hide the length.
func longestEncoded(length int64) int64 { return length + length/16 + 256 }

// leastDecoded is the least length of a body that has that length, perhaps encoded.
func leastDecoded(encoded int64) int64 { return max(0, (encoded-256)/17*16) }

// judgeEnd says what it means that the response ended cleanly at the byte read.
func (r *response) judgeEnd(read int64) ending {
	length := r.head.contentLength()
	switch {
	case r.complete >= 0 && read >= r.complete:
		return endOfBody
	case r.partial:
		return r.judgePartialEnd(read)
	case r.complete >= 0, length > longestEncoded(read):
		return endShort
	}
	coding, sent := r.head.coding(), Sent{EncodedLength: -1}
	asLong := coding == codingHidden && length == read
	if asLong && (r.framing.ContentLength || r.framing.KeptAlive) {
		return endOfBody // the one reports a shorter one, the other has nothing to tell of sizes
	}
	if coding != codingNone {
		sent = r.sent()
	}
	if asLong && (sent.EncodedLength < 0 || sent.EncodedLength == length) {
		return endOfBody
	}
	if coding == codingHidden && (sent.Plain || (sent.EncodedLength == read && !sent.Encoded)) {
		coding = codingNone
	}
	switch {
	case coding == codingNone && length >= 0:
		return endShort
	case coding == codingNone && r.checksEnd():
		return endOfBody
	case length >= 0 && sent.EncodedLength >= 0 && sent.EncodedLength != length:
		return endShort
	case length >= 0 && (sent.EncodedLength == length || r.checksLength(sent)):
		return endOfBody
	}
	return endUnproved
}

// judgePartialEnd: a server may bring less than it was asked for. Where the complete
// length is not known, the end is proved when the server brings nothing beyond what is
// stored already, or as much as the first response announced.
func (r *response) judgePartialEnd(read int64) ending {
	length := r.head.partialLength()
	switch {
	case length >= 0 && read < r.start+length:
		return endShort
	case length >= 0 && read > r.start+length:
		return endOfRange // it was encoded; the bytes will tell
	case r.complete < 0 && read < r.asked && read >= r.told && (read == r.announced && r.compared > r.start || read == r.compared && r.drawn):
		if length < 0 && read != r.ended && !r.checksEnd() {
			return endUnproved // it may have broken off just there
		}
		return endOfBody
	}
	return endOfRange
}
