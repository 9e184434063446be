package evidence

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// proof is one thing that is held of a row.
type proof struct {
	name      string
	got, want any
}

// TestWhatIsProvedAboutABody holds the table of docs/reliability.md row by row.
func TestWhatIsProvedAboutABody(t *testing.T) {
	rows := map[string][]proof{
		"Content coding: there is none":          noCoding(),
		"Content coding: there is one":           someCoding(),
		"Version: two responses are of one file": sameVersion(),
		"Version: it is another file":            otherVersion(),
		"Ranges are of the bytes that are read":  offsets(),
		"Length":                                 length(),
		"End of a body whose length is known":    endOfKnownLength(),
		"End, encoded, with Content-Length":      endEncodedWithLength(),
		"End, not encoded, no length":            endPlainWithoutLength(),
		"End, encoded, no length":                endEncodedWithoutLength(),
		"End, and the server knows no ranges":    endWithoutRanges(),
		"Everything is there":                    everythingIsThere(),
	}
	for _, row := range rowsOfTheTable(t) {
		proofs := rows[row]
		delete(rows, row)
		if len(proofs) == 0 {
			t.Errorf("nothing holds the row %q", row)
		}
		for _, p := range proofs {
			t.Run(row+": "+p.name, func(t *testing.T) {
				if fmt.Sprint(p.got) != fmt.Sprint(p.want) {
					t.Errorf("%v, want %v", p.got, p.want)
				}
			})
		}
	}
	for row := range rows {
		t.Errorf("the table has no row %q", row)
	}
}

// rowsOfTheTable are the first cells of the table, without marks.
func rowsOfTheTable(t *testing.T) (rows []string) {
	text, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What is proved about a body\n")
	_, table, _ := strings.Cut(section, "| --- | --- | --- |\n")
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		rows = append(rows, strings.NewReplacer("**", "", "`", "").Replace(strings.TrimSpace(strings.Split(line, "|")[1])))
	}
	return rows
}

// The browsers as Options.Framing has them, see docs/observations.md.
var (
	chromium = bgfetch.Framing{ContentLength: true, Chunked: true}
	firefox  = bgfetch.Framing{Chunked: true}
	webkit   = bgfetch.Framing{KeptAlive: true}
)

// basic is a head of the same origin with the fields name, value, name, value ...; cors one
// of another origin, of which only those are visible.
func basic(fields ...string) bgfetch.Head {
	h := bgfetch.Head{Type: "basic", Status: 200}
	for i := 0; i < len(fields); i += 2 {
		h.Headers = append(h.Headers, bgfetch.Header{fields[i], fields[i+1]})
	}
	return h
}

func cors(fields ...string) bgfetch.Head {
	h := basic(fields...)
	h.Type = "cors"
	return h
}

// body is response data that began with the head, as the engine takes it down, with so many
// bytes stored.
func body(head bgfetch.Head, stored int64, change ...func(*bgfetch.ResponseData)) *bgfetch.ResponseData {
	d := &bgfetch.ResponseData{Length: -1, Head: &head, ETag: head.Value("ETag"), LastModified: head.Value("Last-Modified"), Resumable: true}
	Announce(d, head)
	if stored > 0 {
		d.Segments = []bgfetch.Segment{{Length: stored}}
	}
	for _, f := range change {
		f(d)
	}
	return d
}

func withOffsets(d *bgfetch.ResponseData) { d.Offsets = true }

const exposed = "Access-Control-Expose-Headers"

func noCoding() []proof {
	plain := bgfetch.Sent{EncodedLength: -1, Plain: true}
	return []proof{
		{"same origin, no Content-Encoding", CodingOf(basic()), CodingNone},
		{"exposed, no Content-Encoding", CodingOf(cors(exposed, "ETag, content-encoding")), CodingNone},
		{"all is exposed, no Content-Encoding", CodingOf(cors(exposed, "*")), CodingNone},
		{"aws-chunked is none that browsers undo", CodingOf(basic("Content-Encoding", "aws-chunked")), CodingNone},
		{"identity is none that browsers undo", CodingOf(cors("Content-Encoding", "identity")), CodingNone},
		{"an empty one", CodingOf(basic("Content-Encoding", "")), CodingNone},
		{"another origin that exposes nothing", CodingOf(cors()), CodingHidden},
		{"another origin that exposes something else", CodingOf(cors(exposed, "ETag")), CodingHidden},
		{"of a body it is that of the response it began with", CodingOfBody(body(basic(), 5)), CodingNone},
		{"of a body that began with no response", CodingOfBody(&bgfetch.ResponseData{}), CodingHidden},
		{"compared bytes of a range are the same", IsSelfProving(body(cors("ETag", `"a"`), 5, withOffsets)), true},
		{"no bytes were compared", IsSelfProving(body(cors("ETag", `"a"`), 5)), false},
		{"the timing entry says so, and its Content-Length is more", ended(cors("Content-Length", "110"), firefox, plain, 100), EndShort},
	}
}

func someCoding() (all []proof) {
	for _, coding := range []string{"gzip", "x-gzip", "deflate", "br", "zstd", "GZIP", "aws-chunked, gzip", " br "} {
		all = append(all, proof{"Content-Encoding: " + coding, CodingOf(basic("Content-Encoding", coding)), CodingSome})
	}
	long := cors("Content-Length", "1000")
	return append(all,
		proof{"visible from another origin", CodingOf(cors("Content-Encoding", "gzip")), CodingSome},
		proof{"more bytes than Content-Length", CodingOfBody(body(long, 1001)), CodingSome},
		proof{"as many bytes as Content-Length", CodingOfBody(body(long, 1000)), CodingHidden},
		proof{"no Content-Length to compare with", CodingOfBody(body(cors(), 1001)), CodingHidden},
		proof{"it is shown that there is none, whatever came", CodingOfBody(body(basic(), 1001, func(d *bgfetch.ResponseData) { d.Announced = 1000 })), CodingNone},
	)
}

func sameVersion() []proof {
	strong, weak := basic("ETag", `"a"`), basic("ETag", `W/"a"`)
	gzip := basic("ETag", `"a"`, "Content-Encoding", "gzip")
	hidden := cors("ETag", `"a"`)
	modified := basic("Last-Modified", "Monday")
	known := body(basic("ETag", `"a"`, "Content-Length", "1000"), 500)
	seam := &bgfetch.ResponseData{Seams: []int64{100_000}}
	closed := func(run ranges.Span, compared int64) bool {
		d := *seam
		return CloseSeams(&d, run, compared)
	}
	return []proof{
		{"an equal strong ETag", VersionOf(body(strong, 5), strong, -1), VersionSame},
		{"an equal strong ETag, and another Last-Modified", VersionOf(body(basic("ETag", `"a"`, "Last-Modified", "Monday"), 5), basic("ETag", `"a"`, "Last-Modified", "Tuesday"), -1), VersionSame},
		{"an equal strong ETag, and another complete length", VersionOf(known, strong, 1001), VersionUnknown},
		{"an equal strong ETag, and the same complete length", VersionOf(known, strong, 1000), VersionSame},
		{"an equal strong ETag, with a content coding", VersionOf(body(gzip, 5), gzip, -1), VersionUnknown},
		{"an equal strong ETag, with a content coding now", VersionOf(body(strong, 5), gzip, -1), VersionUnknown},
		{"an equal strong ETag, and perhaps a content coding", VersionOf(body(hidden, 5), hidden, -1), VersionUnknown},
		{"an equal strong ETag, and offsets that were compared", VersionOf(body(hidden, 5, withOffsets), hidden, -1), VersionSame},
		{"an equal weak ETag", VersionOf(body(weak, 5), weak, -1), VersionUnknown},
		{"an equal Last-Modified", VersionOf(body(modified, 5), modified, -1), VersionUnknown},
		{"no validator", VersionOf(body(basic(), 5), basic(), -1), VersionUnknown},
		{"a strong ETag that is hidden now", VersionOf(body(strong, 5), cors(), -1), VersionUnknown},
		{"a response proves itself by a strong ETag", IsSelfProving(body(strong, 5)), true},
		{"and not by a weak one", IsSelfProving(body(weak, 5)), false},
		{"nor where there is a content coding", IsSelfProving(body(gzip, 5)), false},
		{"nor once one proved nothing", IsSelfProving(body(strong, 5, func(d *bgfetch.ResponseData) { d.Compare = true })), false},
		{"nor before a response came", IsSelfProving(&bgfetch.ResponseData{ETag: `"a"`}), false},
		{"an ETag is strong", Strong(`"W/"`), true},
		{"none is", Strong(""), false},
		{"bytes behind a seam, enough of them, compared with what is before it, too", closed(ranges.Span{Start: 90_000, End: 200_000}, 100_000+LeastOverlap), true},
		{"a byte less", closed(ranges.Span{Start: 90_000, End: 200_000}, 100_000+LeastOverlap-1), false},
		{"all that is stored behind a seam, though it is less", closed(ranges.Span{Start: 90_000, End: 100_100}, 100_100), true},
		{"bytes before a seam alone", closed(ranges.Span{Start: 50_000, End: 100_000}, 100_000), false},
		{"bytes behind a seam, compared with nothing before it", closed(ranges.Span{Start: 100_001, End: 200_000}, 200_000), false},
		{"at least 32 KiB are compared", MinOverlap, 32 << 10},
	}
}

func otherVersion() []proof {
	monday := func(fields ...string) bgfetch.Head { return basic(append(fields, "Last-Modified", "Monday")...) }
	tuesday := func(fields ...string) bgfetch.Head { return basic(append(fields, "Last-Modified", "Tuesday")...) }
	known := body(monday("Content-Length", "1000"), 500)
	film, page := basic("Content-Type", "video/mp4"), basic("Content-Type", "text/HTML; charset=utf-8")
	gateway := page
	gateway.Status = 503
	return []proof{
		{"another complete length", VersionOf(known, monday(), 1001), VersionOther},
		{"no complete length", VersionOf(known, monday(), -1), VersionUnknown},
		{"a complete length that was not known", VersionOf(body(monday(), 500), monday(), 1001), VersionUnknown},
		{"a complete length that was only announced", VersionOf(body(cors("Content-Length", "1000"), 500), cors(), 1001), VersionUnknown},
		{"another ETag and another Last-Modified", VersionOf(body(monday("ETag", `"a"`), 5), tuesday("ETag", `"b"`), -1), VersionOther},
		{"another ETag and no Last-Modified", VersionOf(body(basic("ETag", `"a"`), 5), basic("ETag", `"b"`), -1), VersionOther},
		{"another Last-Modified and no ETag", VersionOf(body(monday(), 5), tuesday(), -1), VersionOther},
		{"another ETag with the same Last-Modified", VersionOf(body(monday("ETag", `"a"`), 5), monday("ETag", `"b"`), -1), VersionUnknown},
		{"another ETag of another content coding", VersionOf(body(basic("ETag", `"a"`), 5), basic("ETag", `"b"`, "Content-Encoding", "gzip"), -1), VersionUnknown},
		{"a Last-Modified that was not known", VersionOf(body(basic(), 5), monday(), -1), VersionUnknown},
		{"it ends before bytes that are stored", Excludes(body(basic(), 500), 499), true},
		{"it ends with the bytes that are stored", Excludes(body(basic(), 500), 500), false},
		{"nothing says where it ends", Excludes(body(basic(), 500), -1), false},
		{"a page of HTML stands in for what is none", StandsIn(body(film, 5), page), true},
		{"a page of HTML that is an error says so itself", StandsIn(body(film, 5), gateway), false},
		{"a page of HTML where nothing is stored", StandsIn(body(film, 0), page), false},
		{"a page of HTML where HTML is stored", StandsIn(body(page, 5), page), false},
		{"a page of HTML where nobody knows what is stored", StandsIn(body(basic(), 5), page), false},
		{"something else than HTML", StandsIn(body(film, 5), film), false},
	}
}

func offsets() []proof {
	left := func(coding, kind string) bool {
		return MayBeLeft(basic("Content-Encoding", coding, "Content-Type", kind))
	}
	bytesDiffer := body(cors("Content-Length", "1000"), 500)
	return []proof{
		{"compared bytes: a strong ETag proves the rest", VersionOf(body(cors("ETag", `"a"`), 500, withOffsets), cors("ETag", `"a"`), -1), VersionSame},
		{"not compared: bytes decide", VersionOf(body(cors("ETag", `"a"`), 500), cors("ETag", `"a"`), -1), VersionUnknown},
		{"a range that was encoded ends elsewhere than it says", partly(cors("Content-Length", "100"), 700, Response{}), EndOfRange},
		{"all browsers undo gzip", left("gzip", "text/plain"), false},
		{"all browsers undo br", left(" br ", "text/plain"), false},
		{"not all undo it in capitals: bytes tell", left("GZIP", "text/plain"), true},
		{"not all undo one among others: bytes tell", left("gzip, aws-chunked", "text/plain"), true},
		{"not all undo that of an archive: bytes tell", left("gzip", "application/GZIP; x=1"), true},
		{"nor that of an x-gzip: bytes tell", left("gzip", "application/x-gzip"), true},
		{"where nothing shows it the coding stays in doubt", CodingOfBody(bytesDiffer), CodingHidden},
	}
}

func length() []proof {
	of := func(head bgfetch.Head) string {
		d := body(head, 0)
		return fmt.Sprint(d.Length, d.Announced, ExpectedLength(d))
	}
	joined := func(head, next bgfetch.Head, complete int64) *bgfetch.ResponseData {
		d := body(head, 100)
		Join(d, next, complete)
		return d
	}
	doubted := func(complete int64) string {
		d := body(basic("Content-Length", "1000"), 100)
		Doubt(d, complete)
		return fmt.Sprint(d.Length, d.Announced)
	}
	distrusted := func(head bgfetch.Head, result bgfetch.ResponseResult) string {
		d := body(head, 100, func(d *bgfetch.ResponseData) { d.Length, d.Announced, d.Result = 1000, 0, result })
		Distrust(d)
		return fmt.Sprint(d.Length, d.Announced)
	}
	etag := func(d *bgfetch.ResponseData) string { return d.ETag + d.LastModified }
	remains := body(basic("X-First", "1"), 100, func(d *bgfetch.ResponseData) { d.From = "https://site.test/old" })
	Join(remains, bgfetch.Head{Type: "basic", URL: "https://site.test/new", Redirected: true}, -1)
	return []proof{
		{"Content-Length, no content coding", of(basic("Content-Length", "1000")), "1000 0 1000"},
		{"Content-Length, perhaps a content coding: it is announced", of(cors("Content-Length", "1000")), "-1 1000 1000"},
		{"Content-Length, a content coding", of(basic("Content-Length", "1000", "Content-Encoding", "gzip")), "-1 0 -1"},
		{"no Content-Length", of(basic()), "-1 0 -1"},
		{"announced, and more came", ExpectedLength(body(cors("Content-Length", "1000"), 1001)), -1},
		{"Content-Range, once its response is joined", joined(basic(), basic(), 1000).Length, 1000},
		{"Content-Range that shows none", joined(basic(), basic(), -1).Length, -1},
		{"a length that is proved stays", joined(basic("Content-Length", "900"), basic(), 1000).Length, 900},
		{"what is joined came in several responses", joined(basic(), basic(), -1).Joined, true},
		{"an ETag and a Last-Modified that were not known are kept", etag(joined(basic(), basic("ETag", `"a"`, "Last-Modified", "Monday"), -1)), `"a"Monday`},
		{"those that were known stay", etag(joined(basic("ETag", `"a"`, "Last-Modified", "Monday"), basic("ETag", `"b"`, "Last-Modified", "Tuesday"), -1)), `"a"Monday`},
		{"an ETag of another content coding is not kept", etag(joined(basic("Content-Encoding", "gzip"), basic("ETag", `"a"`), -1)), ""},
		{"an ETag that changes from answer to answer proves nothing more", joined(basic("ETag", `"a"`), basic("ETag", `"b"`), -1).Compare, true},
		{"one that appears with a range does", joined(basic(), basic("ETag", `"a"`), -1).Compare, false},
		{"an equal one does", joined(basic("ETag", `"a"`), basic("ETag", `"a"`), -1).Compare, false},
		{"what is joined to remains gives them its URL, and readers", fmt.Sprintln(remains.Head.URL, remains.Head.Redirected, remains.Head.Value("X-First"), remains.From), "https://site.test/new true 1 \n"},
		{"a response contradicts it", doubted(1001), "-1 0"},
		{"a response confirms it", doubted(1000), "1000 0"},
		{"a response says nothing of it", doubted(-1), "1000 0"},
		{"an old version's, perhaps of an encoded body: it is announced", distrusted(cors(), ""), "-1 1000"},
		{"an old version's, without a content coding", distrusted(basic(), ""), "1000 0"},
		{"an old version's, of a body that is complete", distrusted(cors(), bgfetch.ResponseSuccess), "1000 0"},
	}
}

func everythingIsThere() []proof {
	two := []bgfetch.Segment{{Offset: 0, Length: 100}, {Offset: 100, Length: 100}}
	some := two[:1]
	seams := func(change ...func(*bgfetch.ResponseData)) []int64 {
		d := body(basic("ETag", `"a"`), 100, change...)
		d.Segments = []bgfetch.Segment{{Offset: 50, Length: 50}, {Offset: 100, Length: 10}, {Offset: 300, Length: 50}}
		d.Seams = []int64{300}
		AddSeams(d)
		return d.Seams
	}
	return []proof{
		{"what is fetched again is compared with what is left", Mixes(&bgfetch.ResponseData{}, some), false},
		{"the last bytes are gone, and the file may be shorter", Mixes(&bgfetch.ResponseData{Length: -1, Segments: two}, some), true},
		{"the same, and its length is known", Mixes(&bgfetch.ResponseData{Length: 300, Segments: two}, some), false},
		{"nothing is left to compare with", Mixes(&bgfetch.ResponseData{}, nil), true},
		{"what is left was not compared itself", Mixes(&bgfetch.ResponseData{Seams: []int64{50}}, some), true},
		{"the first byte is no seam", func() int {
			d := body(basic(), 100)
			AddSeams(d)
			return len(d.Seams)
		}(), 0},
		{"a gap makes a seam behind it, and none twice", seams(func(d *bgfetch.ResponseData) { d.Compare = true }), []int64{50, 300}},
		{"where a strong ETag proves all that is stored, no other", seams(), []int64{300}},
	}
}
