package evidence

import (
	"cmp"

	"background-fetch-wasm/wasm/bgfetch"
)

// What the table of docs/reliability.md says of ends, see TestWhatIsProvedAboutABody.

// ended is what the clean end of a response with all of the body means at the byte read, where
// its complete length is not known.
func ended(head bgfetch.Head, framing bgfetch.Framing, sent bgfetch.Sent, read int64) Ending {
	r := Response{Head: head, Complete: -1, Announced: -1, Framing: framing, Sent: func() bgfetch.Sent { return sent }}
	return r.JudgeEnd(read)
}

// partly is the same of a range from byte 500 on of which 100 bytes are stored, and were
// compared; the rest was asked for, too, unless r says otherwise.
func partly(head bgfetch.Head, read int64, r Response) Ending {
	head.Status = 206
	r.Head, r.Partial, r.Start = head, true, 500
	r.Complete, r.Announced = cmp.Or(r.Complete, -1), cmp.Or(r.Announced, -1)
	r.Asked, r.Compared = cmp.Or(r.Asked, 1<<40), cmp.Or(r.Compared, 600)
	if r.Sent == nil {
		r.Sent = func() bgfetch.Sent { return bgfetch.Sent{EncodedLength: -1} }
	}
	return r.JudgeEnd(read)
}

// toldNothing is a timing entry without sizes, toldSize one with so many encoded bytes.
var toldNothing = bgfetch.Sent{EncodedLength: -1}

func toldSize(bytes int64) bgfetch.Sent { return bgfetch.Sent{EncodedLength: bytes} }

func over(protocol string) bgfetch.Sent {
	return bgfetch.Sent{EncodedLength: -1, Protocol: protocol}
}

func endOfKnownLength() []proof {
	known := func(read int64) Ending {
		r := Response{Head: basic("Content-Encoding", "gzip"), Complete: 1000, Announced: -1, Framing: chromium}
		return r.JudgeEnd(read)
	}
	plain := basic("Content-Length", "1000")
	return []proof{
		{"all its bytes came", known(1000), EndOfBody},
		{"one is missing: it goes on", known(999), EndShort},
		{"more came than there are, which is judged elsewhere", known(1001), EndOfBody},
		{"a range that ends before it brings nothing beyond what is stored", partly(basic("Content-Length", "100"), 600, Response{Complete: 1000, Drawn: leastDrawn}), EndOfRange},
		{"no content coding, fewer than its Content-Length", ended(plain, webkit, toldNothing, 999), EndShort},
		{"a range brought all that it says", partly(basic("Content-Length", "100"), 600, Response{}), EndOfRange},
		{"a range brought less than it says", partly(basic("Content-Length", "100"), 599, Response{}), EndShort},
		{"a range brought less than its Content-Range says", partly(basic("Content-Range", "bytes 500-599/*"), 599, Response{}), EndShort},
	}
}

func endEncodedWithLength() []proof {
	gzip := basic("Content-Encoding", "gzip", "Content-Length", "500")
	closes := basic("Content-Encoding", "gzip", "Content-Length", "500", "Connection", "close")
	hidden := cors("Content-Length", "500")
	follows := basic("Content-Length", "100")
	return []proof{
		{"as many encoded bytes came", ended(gzip, firefox, toldSize(500), 900), EndOfBody},
		{"fewer encoded bytes came", ended(gzip, firefox, toldSize(499), 900), EndShort},
		{"nothing tells how many came", ended(gzip, firefox, toldNothing, 900), EndUnproved},
		{"Firefox reports none, however it was sent", ended(gzip, firefox, over("h2"), 900), EndUnproved},
		{"Chromium reports a response which is too short", ended(gzip, chromium, toldNothing, 900), EndOfBody},
		{"WebKit does where the connection is not closed", ended(gzip, webkit, over("http/1.1"), 900), EndOfBody},
		{"and with HTTP/2", ended(gzip, webkit, over("h2"), 900), EndOfBody},
		{"WebKit does not where it says that it is closed", ended(closes, webkit, over("http/1.1"), 900), EndUnproved},
		{"nor with HTTP/1.0", ended(gzip, webkit, over("http/1.0"), 900), EndUnproved},
		{"nor if as many decoded bytes came", ended(closes, webkit, over("http/1.1"), 500), EndUnproved},
		{"nor where that is hidden", ended(hidden, webkit, over("http/1.1"), 900), EndUnproved},
		{"hidden, as many encoded bytes came", ended(hidden, firefox, toldSize(500), 900), EndOfBody},
		{"hidden, fewer encoded bytes came", ended(hidden, firefox, toldSize(400), 900), EndShort},
		{"hidden, as many bytes as its Content-Length", ended(hidden, chromium, toldNothing, 500), EndOfBody},
		{"hidden, as many bytes as its Content-Length, and no timing entry", ended(hidden, firefox, toldNothing, 500), EndOfBody},
		{"hidden, as many bytes as its Content-Length, and they were fewer before", ended(hidden, firefox, toldSize(300), 500), EndShort},
		{"far fewer bytes than any coding makes of them", ended(hidden, webkit, toldNothing, 100), EndShort},
		{"longest encoded form of so many bytes", ended(cors("Content-Length", "362"), webkit, toldNothing, 100), EndUnproved},
		{"one byte longer than that", ended(cors("Content-Length", "363"), webkit, toldNothing, 100), EndShort},
		{"least that such a length can be", LeastDecoded(256 + 17*10), 160},
		{"least of a short one", LeastDecoded(100), 0},
		{"the server sends nothing beyond the bytes that are asked for again", partly(follows, 600, Response{Drawn: leastDrawn}), EndOfBody},
		{"it does, from one of few places on", partly(follows, 600, Response{Drawn: leastDrawn - 1}), EndUnproved},
		{"it may bring so many at a time", partly(follows, 600, Response{}), EndOfRange},
		{"it is known to be longer", partly(follows, 600, Response{Drawn: leastDrawn, Told: 601}), EndOfRange},
		{"no more was asked for", partly(follows, 600, Response{Drawn: leastDrawn, Asked: 600}), EndOfRange},
		{"it sends fewer, which the browser decodes to these", partly(basic("Content-Length", "50"), 600, Response{Drawn: leastDrawn}), EndOfRange},
		{"it sends more", partly(basic("Content-Length", "150"), 650, Response{Drawn: leastDrawn}), EndOfRange},
		{"as much as the first response announced, and the first bytes were compared", partly(basic("Content-Length", "500"), 1000, Response{Announced: 1000}), EndOfBody},
		{"as much as announced, and nothing was compared", partly(basic("Content-Length", "500"), 1000, Response{Announced: 1000, Compared: 500}), EndOfRange},
	}
}

func endPlainWithoutLength() []proof {
	chunked := basic("Transfer-Encoding", "chunked")
	ends := func(head bgfetch.Head, framing bgfetch.Framing, endedBefore int64) Ending {
		return partly(head, 600, Response{Drawn: leastDrawn, Framing: framing, EndedBefore: endedBefore})
	}
	return []proof{
		{"the last chunk, in Chromium", ended(chunked, chromium, toldNothing, 900), EndOfBody},
		{"the last chunk, in Firefox", ended(chunked, firefox, toldNothing, 900), EndOfBody},
		{"WebKit does not look for it", ended(chunked, webkit, toldNothing, 900), EndUnproved},
		{"the end of a stream of HTTP/2", ended(basic(), chromium, over("h2"), 900), EndOfBody},
		{"the end of a stream of HTTP/3", ended(basic(), firefox, over("h3"), 900), EndOfBody},
		{"the end of the connection", ended(basic(), chromium, over("http/1.1"), 900), EndUnproved},
		{"another origin hides its chunks", ended(cors(), chromium, toldNothing, 900), EndUnproved},
		{"another origin whose timing entry shows no content coding, over HTTP/2", ended(cors(), chromium, bgfetch.Sent{EncodedLength: -1, Plain: true, Protocol: "h2"}, 900), EndOfBody},
		{"another origin with as many bytes as its timing entry counts", ended(cors(), firefox, bgfetch.Sent{EncodedLength: 900, Protocol: "h2"}, 900), EndOfBody},
		{"the server sends nothing beyond, in chunks that are checked", ends(chunked, chromium, 0), EndOfBody},
		{"the server sends nothing beyond, and may have broken off there", ends(basic(), webkit, 0), EndUnproved},
		{"the server sends nothing beyond, again", ends(basic(), webkit, 600), EndOfBody},
	}
}

func endEncodedWithoutLength() (all []proof) {
	for name, framing := range map[string]bgfetch.Framing{"Chromium": chromium, "Firefox": firefox, "WebKit": webkit} {
		all = append(all,
			proof{"not the last chunk in " + name, ended(basic("Content-Encoding", "gzip", "Transfer-Encoding", "chunked"), framing, toldSize(500), 900), EndUnproved},
			proof{"not the end of a stream in " + name, ended(basic("Content-Encoding", "gzip"), framing, over("h2"), 900), EndUnproved},
			proof{"nor where it is hidden in " + name, ended(cors(), framing, bgfetch.Sent{EncodedLength: 500, Encoded: true, Protocol: "h2"}, 900), EndUnproved},
			proof{"nor if it is as long as the body, in " + name, ended(basic("Content-Encoding", "gzip"), framing, bgfetch.Sent{EncodedLength: 900, Protocol: "h2"}, 900), EndUnproved},
			proof{"nor if it is hidden, and as long as the body, in " + name, ended(cors(), framing, bgfetch.Sent{EncodedLength: 900, Encoded: true, Protocol: "h2"}, 900), EndUnproved},
		)
	}
	return all
}

// That all of it is asked for once more then is held by the engine's TestRightBytes.
func endWithoutRanges() []proof {
	gzip, brotli := basic("Content-Encoding", "gzip"), basic("Content-Encoding", "br")
	// same says whether a body that ended at these bytes, one after the other, has ended at the last.
	same := func(head bgfetch.Head, framing bgfetch.Framing, told int64, ends ...int64) bool {
		e := Ends{Told: told}
		for _, end := range ends[:len(ends)-1] {
			e.Add(end, head, false, toldNothing)
		}
		return e.IsSame(ends[len(ends)-1], head, framing, 2)
	}
	forgot := Ends{Told: 900}
	forgot.Add(900, gzip, false, toldNothing)
	forgot.Forget()
	taken := func(head bgfetch.Head, partial bool, sent bgfetch.Sent, stored int64) bool {
		var e Ends
		e.Add(900, head, partial, sent)
		return e.MayTake(stored)
	}
	return []proof{
		{"it is not proved the first time", ended(gzip, chromium, toldNothing, 900), EndUnproved},
		{"nor by nothing at all", ended(gzip, webkit, toldNothing, 0), EndUnproved},
		{"nor is it the same byte then", same(gzip, chromium, 0, 900), false},
		{"both end at the same byte", same(gzip, chromium, 0, 900, 900), true},
		{"they end at two bytes", same(gzip, chromium, 0, 900, 901), false},
		{"the last two end at the same byte", same(gzip, chromium, 0, 900, 901, 901), true},
		{"the same byte, and another between", same(gzip, chromium, 0, 900, 901, 900), false},
		{"the same byte, and ranges told that there is more", same(gzip, chromium, 901, 900, 900), false},
		{"nothing, twice, of an encoded body", same(gzip, chromium, 0, 0, 0), false},
		{"nothing, four times", same(gzip, chromium, 0, 0, 0, 0, 0), true},
		{"nothing, twice, and something before", same(gzip, chromium, 0, 900, 900, 0, 0), false},
		{"nothing, twice, of one that is not encoded", same(basic(), chromium, 0, 0, 0), true},
		{"whole blocks of brotli in WebKit, twice", same(brotli, webkit, 0, 32<<10, 32<<10), false},
		{"whole blocks of brotli in WebKit, four times", same(brotli, webkit, 0, 32<<10, 32<<10, 32<<10, 32<<10), true},
		{"whole blocks of what may be brotli in WebKit, twice", same(cors(), webkit, 0, 32<<10, 32<<10), false},
		{"a part of a block of brotli in WebKit, twice", same(brotli, webkit, 0, 33<<10, 33<<10), true},
		{"whole blocks of gzip in WebKit, twice", same(gzip, webkit, 0, 32<<10, 32<<10), true},
		{"whole blocks of brotli in Firefox, twice", same(brotli, firefox, 0, 32<<10, 32<<10), true},
		{"whole blocks of what is not encoded in WebKit, twice", same(basic(), webkit, 0, 32<<10, 32<<10), true},
		{"nothing of brotli in WebKit, however often", same(brotli, webkit, 0, 0, 0, 0, 0, 0), false},
		{"another file may end elsewhere", forgot.IsSame(900, gzip, chromium, 2) || forgot.Told > 0 || forgot.EndedAt > 0, false},
		{"a link that is good for one request: hidden chunks, most likely", taken(cors(), false, toldNothing, 900), true},
		{"and more is stored", taken(cors(), false, toldNothing, 901), false},
		{"and it was a range", taken(cors(), true, toldNothing, 900), false},
		{"and it was encoded", taken(cors("Content-Encoding", "gzip"), false, toldNothing, 900), false},
		{"and the timing entry tells that it was encoded", taken(cors(), false, bgfetch.Sent{EncodedLength: -1, Encoded: true}, 900), false},
		{"and the timing entry counts other bytes", taken(cors(), false, toldSize(500), 900), false},
		{"and the timing entry counts as many", taken(cors(), false, toldSize(900), 900), true},
		{"and it told a length", taken(cors("Content-Length", "900"), false, toldNothing, 900), false},
		{"and it would show its chunks", taken(basic(), false, toldNothing, 900), false},
	}
}
