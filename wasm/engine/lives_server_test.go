package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"background-fetch-wasm/wasm/bgfetch"
)

// livesServer is the server of one file of a random life. What it does at request n is
// drawn from its seed and n alone.
type livesServer struct {
	url   string
	seed  uint64
	cross bool
	// kind is what its bytes are like.
	kind string
	// exposed is Access-Control-Expose-Headers, timing Timing-Allow-Origin: *.
	exposed string
	timing  bool
	// redirectAt is the request from which on all are redirected to another origin, goneAt
	// that from which on the answer is 404, 0 for none.
	redirectAt, goneAt int
	// redirects is how many of them, in percent.
	redirects int
	good      bool

	// files are the versions of the file, replacedAt the requests that get the next ones.
	files      []*livesFile
	how        []string
	replacedAt []int

	etag, modified, framing, ranges, coding, codedETag, empty416 string
	// cap is the most that a range brings, of all or of open ranges.
	cap                     int
	capAll, connectionClose bool
	acceptRanges            bool

	// cut says where bodies break off, and cutHow what is seen of it; statuses, range faults
	// and cuts come with a probability in percent, and so often in all.
	cut, cutHow                               string
	cutAt, cutLeft                            int
	cutChance, statusChance, rangeFaultChance int
	statusLeft, rangeFaultLeft                int
	rangeFault                                string
	rate                                      int

	mu     sync.Mutex
	served int // the last version that was
	// ends counts where bodies from byte 0 on ended too early, and nothing showed it, by the
	// byte as they were read; framed those of them that had their last chunk, and no content coding.
	ends, framed map[int]int
	// asLong are the lengths of bodies that broke off where as many decoded bytes had come as
	// their Content-Length said, where the content coding is hidden and nothing showed it.
	asLong map[int]bool
	// rangeless counts the Range requests that were not answered by that range, or by one
	// that shows nothing of its length.
	rangeless int
}

// Of an encoded body the first and the last bytes hold nothing of the content.
const livesHeader, livesTrailer = 10, 8

var livesPool = sync.OnceValue(func() []byte { return randomBytes(8 * mib) })

const never = 1 << 30

func newLivesServer(r *rand.Rand, url string, cross, good bool) *livesServer {
	s := &livesServer{url: url, seed: r.Uint64(), cross: cross, good: good, acceptRanges: chance(r, 50), ends: map[int]int{}, framed: map[int]int{}, asLong: map[int]bool{}}
	s.etag, s.modified, s.framing, s.ranges, s.coding = "strong", one(r, "", "by version"), "length", "known", ""
	s.exposed = one(r, "*", "ETag, Content-Range, Content-Encoding, Access-Control-Expose-Headers")
	s.rate = one(r, 64<<10, 256<<10, 256<<10, mib, mib, 4*mib, 0)
	s.kind = one(r, "random", "random", "random", "random", "random", "random", "random", "random", "sparse", "repeating")
	size := one(r, 0, 1, r.IntN(1000), r.IntN(100_000), r.IntN(100_000), r.IntN(300_000), r.IntN(300_000), r.IntN(700_000))
	if chance(r, 2) {
		size = r.IntN(3 * mib)
	}
	if good {
		s.rate = max(s.rate, 64<<10)
		s.addFile(r, "", size)
		return s
	}
	s.exposed = one(r, "", "", "*", "ETag", "Content-Range", "ETag, Content-Range", "ETag, Content-Encoding, Access-Control-Expose-Headers",
		"Content-Encoding, Access-Control-Expose-Headers", "Content-Encoding", "ETag, Content-Range, Content-Encoding, Access-Control-Expose-Headers")
	s.timing, s.connectionClose = chance(r, 30), chance(r, 50)
	s.etag = one(r, "", "", "weak", "weak quiet", "strong", "strong", "strong", "node", "sometimes", "on parts")
	s.modified = one(r, "", "by version", "by version", "quiet")
	s.framing = one(r, "length", "length", "length", "chunked", "chunked", "close")
	s.ranges = one(r, "known", "known", "known", "ignored", "ignored", "capped")
	s.cap, s.capAll = one(r, 1000, 20_000, 50_000, 100_000, 100_000), chance(r, 30)
	s.coding = one(r, "", "", "", "on the fly", "on the fly", "stored", "stored", "unknown", "empty")
	s.codedETag = one(r, "same", "another", "weak", "none")
	s.empty416 = one(r, "416", "200")
	s.addFile(r, "", size)
	if chance(r, 40) {
		for n := 2 + r.IntN(3); len(s.files) < 2 || chance(r, 40); n += 1 + r.IntN(4) {
			s.addFile(r, one(r, "other", "same length", "same length", "appended", "shorter", "patched", "empty"), size/2+r.IntN(size+1))
			s.replacedAt = append(s.replacedAt, n)
		}
	}
	if chance(r, 10) {
		s.redirectAt, s.redirects = 1+r.IntN(4), one(r, 50, 100)
	}
	if chance(r, 5) {
		s.goneAt = 2 + r.IntN(3)
	}
	s.cut = one(r, "", "anywhere", "anywhere", "anywhere", "at a byte of each body", "at a byte of the file")
	s.cutHow = one(r, "reset", "reset", "end", "end", "end", "valid", "stall", "")
	s.cutAt, s.cutLeft, s.cutChance = r.IntN(size+100), one(r, 1, 1, 2, 5, never), one(r, 50, 100, 100)
	if s.cutHow == "stall" { // each takes half a minute
		s.cutLeft = min(s.cutLeft, 5)
	}
	s.statusLeft, s.statusChance = one(r, 1, 3, never), one(r, 0, 0, 0, 30, 60)
	s.rangeFaultLeft, s.rangeFaultChance = one(r, 1, 1, 3, never), one(r, 0, 0, 30, 60)
	s.rangeFault = one(r, "", "", "start", "total", "no Content-Range", "unparsable", "several", "416", "200", "less", "unknown total", "chunked")
	return s
}

// happens says whether a fault happens, and counts it.
func (s *livesServer) happens(r *rand.Rand, percent int, left *int) bool {
	if !chance(r, percent) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if *left == 0 {
		return false
	}
	*left--
	return true
}

// livesAnswer is what goes over the wire.
type livesAnswer struct {
	status     int
	headers    []bgfetch.Header
	redirected bool
	file       *livesFile
	// payload is the body, which begins at the byte start of the file, or of its encoded form.
	payload []byte
	start   int
	coded   bool
	// length is the Content-Length, -1 for none: then it is chunked, or ends with the connection.
	length int
	framed bool
	// cut is where it breaks off, -1 for nowhere, and how what is seen of it.
	cut int
	how string
	// odd: it is not the range that was asked for.
	odd bool
}

func (a *livesAnswer) add(name, value string) {
	a.headers = append(a.headers, bgfetch.Header{name, value})
}

// respond answers request n.
func (s *livesServer) respond(n int, init bgfetch.TransferInit) livesAnswer {
	r := rand.New(rand.NewPCG(s.seed, uint64(n)))
	a := livesAnswer{status: 200, cut: -1, framed: s.framing != "close", redirected: s.redirectAt > 0 && n >= s.redirectAt && chance(r, s.redirects), file: s.current(n)}
	if s.goneAt > 0 && n >= s.goneAt {
		a.status = 404
		return a
	}
	if (n > 1 || chance(r, 10)) && s.happens(r, s.statusChance, &s.statusLeft) {
		a.status = one(r, 503, 429, 408, 500)
		if after := one(r, "", "0", "1", "10"); after != "" {
			a.add("Retry-After", after)
		}
		return a
	}
	ranged := init.RangeStart+init.RangeEnd > 0 || init.Ranged
	fault := ""
	if ranged && s.ranges != "ignored" && s.happens(r, s.rangeFaultChance, &s.rangeFaultLeft) {
		fault = s.rangeFault
	}
	a.odd = fault != ""
	a.coded = s.coding == "stored" || (s.coding == "on the fly" && !ranged)
	a.payload = a.file.body
	if a.coded {
		a.payload = a.file.encoded
	}
	a.length = len(a.payload)
	if ranged && s.ranges != "ignored" && fault != "200" && (len(a.payload) > 0 || s.empty416 == "416") {
		s.part(r, &a, init, fault)
	}
	if s.framing != "length" && (a.status == 200 || s.framing == "close") || fault == "chunked" {
		a.length = -1
	}
	s.addHeaders(r, &a)
	s.breakOff(r, &a)
	return a
}

// part makes the answer that to a Range request.
func (s *livesServer) part(r *rand.Rand, a *livesAnswer, init bgfetch.TransferInit, fault string) {
	size := len(a.payload)
	start, end := int(init.RangeStart), size
	if init.RangeEnd > 0 {
		end = min(end, int(init.RangeEnd))
	}
	if start >= size || fault == "416" {
		a.status, a.payload, a.length, a.coded = 416, nil, 0, false
		a.add("Content-Range", fmt.Sprintf("bytes */%d", size))
		return
	}
	if s.ranges == "capped" && (init.RangeEnd == 0 || s.capAll) {
		end = min(end, start+s.cap)
	}
	told, total := true, strconv.Itoa(size)
	switch fault {
	case "start":
		start = r.IntN(end)
	case "total":
		total = strconv.Itoa(size + 1 + r.IntN(5))
	case "less":
		end -= r.IntN(end - start)
	case "unknown total":
		total = "*"
	case "no Content-Range":
		told = false
	case "unparsable":
		told = false
		a.add("Content-Range", "bytes from here to there")
	case "several":
		told = false
		a.add("Content-Type", "multipart/byteranges; boundary=x")
	}
	if told {
		a.add("Content-Range", fmt.Sprintf("bytes %d-%d/%s", start, end-1, total))
	}
	a.status, a.payload, a.start = 206, a.payload[start:end], start
	if fault == "several" {
		a.payload, a.coded = append([]byte("--x\r\n\r\n"), a.payload...), false
	}
	a.length = len(a.payload)
}

func (s *livesServer) addHeaders(r *rand.Rand, a *livesAnswer) {
	if a.length >= 0 {
		a.add("Content-Length", strconv.Itoa(a.length))
	}
	if s.acceptRanges {
		a.add("Accept-Ranges", "bytes")
	}
	switch {
	case a.coded:
		a.add("Content-Encoding", one(r, "gzip", "br"))
	case s.coding == "unknown":
		a.add("Content-Encoding", "aws-chunked")
	case s.coding == "empty":
		a.add("Content-Encoding", "")
	}
	if s.modified != "" {
		a.add("Last-Modified", a.file.modified)
	}
	etag := strconv.Quote(a.file.etag)
	coded := a.coded && s.coding == "on the fly"
	switch {
	case s.etag == "", s.etag == "sometimes" && chance(r, 50), s.etag == "on parts" && a.status != 206, coded && s.codedETag == "none":
		return
	case strings.HasPrefix(s.etag, "weak"), coded && s.codedETag == "weak":
		etag = "W/" + etag
	case s.etag == "node":
		etag = fmt.Sprintf(`"%s on node %d"`, a.file.etag, r.IntN(3))
	case coded && s.codedETag == "another":
		etag = strconv.Quote(a.file.etag + "-gzip")
	}
	a.add("ETag", etag)
}

// breakOff cuts the body.
func (s *livesServer) breakOff(r *rand.Rand, a *livesAnswer) {
	at := s.cutAt
	switch s.cut {
	case "":
		return
	case "anywhere":
		at = r.IntN(len(a.payload) + 1)
	case "at a byte of the file":
		at -= a.start
	}
	if how := s.cutHow; at >= 0 && at <= len(a.payload) && s.happens(r, s.cutChance, &s.cutLeft) {
		if how == "" {
			how = one(r, "reset", "end", "valid")
		}
		if how == "valid" && a.length >= 0 {
			how = "end" // there is no other end of a body whose length is told
		}
		a.cut, a.how = at, how
	}
}

func (s *livesServer) String() string {
	sizes := []string{}
	for i, f := range s.files {
		sizes = append(sizes, fmt.Sprintf("%s %d bytes (encoded %d, %v for each)", s.how[i], len(f.body), len(f.encoded), f.perByte))
	}
	return fmt.Sprintf("%s\n  %s, cross %v, exposed %q, timing %v, redirected from request %d, gone from %d\n  files %q, replaced at requests %v\n"+
		"  etag %q, modified %q, framing %q, ranges %q (cap %d, of all %v), coding %q (its etag %q), connection close %v, Accept-Ranges %v\n"+
		"  cut %q how %q at %d in %d%%, left %d; statuses %d%%, left %d; range fault %q %d%%, left %d; rate %d",
		s.url, s.kind, s.cross, s.exposed, s.timing, s.redirectAt, s.goneAt, sizes, s.replacedAt,
		s.etag, s.modified, s.framing, s.ranges, s.cap, s.capAll, s.coding, s.codedETag, s.connectionClose, s.acceptRanges,
		s.cut, s.cutHow, s.cutAt, s.cutChance, s.cutLeft, s.statusChance, s.statusLeft, s.rangeFault, s.rangeFaultChance, s.rangeFaultLeft, s.rate)
}
