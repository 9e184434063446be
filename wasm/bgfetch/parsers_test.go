package bgfetch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestExtractContentRange(t *testing.T) {
	for value, want := range map[string]contentRange{
		"bytes 0-9/10":                    {0, 9, 10},
		"bytes 5-9/*":                     {5, 9, -1},
		"bytes */10":                      {-1, -1, 10},
		"BYTES 0-0/1":                     {0, 0, 1},
		"  bytes 1-2/3  ":                 {1, 2, 3},
		"bytes 0-9007199254740990/*":      {0, 9007199254740990, -1},
		"bytes 0-10/9007199254740991":     {0, 10, 9007199254740991},
		"bytes 00000000000000-00000001/2": {0, 1, 2},
	} {
		if got, ok := extractContentRange(value); !ok || got != want {
			t.Errorf("%q = %+v, %v; want %+v", value, got, ok, want)
		}
	}
	for _, value := range []string{
		"", "bytes", "bytes ", "items 0-9/10", "bytes 0-9", "bytes 9-0/10", "bytes 0-10/10", "bytes */*", "bytes -5/10",
		"bytes 0-/10", "bytes 0-9/", "bytes +0-9/10", "bytes 0-9/-1", "bytes 0x1-2/3", "bytes 0-9/9007199254740992",
		"bytes 0-99999999999999999999/*", "bytes 0-9/10, bytes 0-9/10", "bytes=0-9/10", "bytes 0 - 9/10", "bytes 0-9/10\x00",
	} {
		if got, ok := extractContentRange(value); ok {
			t.Errorf("%q = %+v, want that it is refused", value, got)
		}
	}
}

func FuzzExtractContentRange(f *testing.F) {
	for _, seed := range []string{"bytes 0-9/10", "bytes */10", "bytes 5-9/*", "bytes 0-9007199254740991/*", "bytes --/", " /"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r, ok := extractContentRange(value)
		if !ok {
			return
		}
		if r.first < 0 {
			if r.first != -1 || r.last != -1 || r.complete < 0 {
				t.Fatalf("%q = %+v", value, r)
			}
			return
		}
		if r.last < r.first || r.last > maxLength || r.complete != -1 && (r.complete <= r.last || r.complete > maxLength) {
			t.Fatalf("%q = %+v", value, r)
		}
		complete := "*"
		if r.complete >= 0 {
			complete = fmt.Sprint(r.complete)
		}
		if again, ok := extractContentRange(fmt.Sprintf("bytes %d-%d/%s", r.first, r.last, complete)); !ok || again != r {
			t.Fatalf("%q = %+v, but written again %+v", value, r, again)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"0", "120", "Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "-1", "99999999999999999999"} {
		f.Add(seed)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		d, ok := retryAfter(Head{Headers: []Header{{"retry-after", value}}}, now)
		if d < 0 || !ok && d != 0 {
			t.Fatalf("%q = %v, %v", value, d, ok)
		}
	})
}

// FuzzValidatePartial: whatever a server says, no complete length is out of range.
func FuzzValidatePartial(f *testing.F) {
	f.Add("bytes 5-9/10", "5", "W/\"\x00\"", "Fri, 31 Dec 9999 23:59:59 GMT", "gzip", int64(5), int64(0), int64(10), true)
	f.Add("", "9007199254740991", "", "", "", int64(5), int64(0), int64(-1), false)
	f.Add("bytes 0-9007199254740991/*", "9007199254740992", "", "", "", int64(0), int64(4096), int64(-1), false)
	f.Fuzz(func(t *testing.T, contentRange, contentLength, etag, modified, encoding string, start, end, length int64, sameOrigin bool) {
		if start < 0 || start > maxLength || end < 0 || end > maxLength || length < -1 || length > maxLength {
			return
		}
		head := Head{Type: "cors", Status: 206, Headers: []Header{
			{"Content-Range", contentRange}, {"Content-Length", contentLength}, {"ETag", etag},
			{"Last-Modified", modified}, {"Content-Encoding", encoding},
		}}
		if contentRange == "" {
			head.Headers = head.Headers[1:] // not visible
		}
		if sameOrigin {
			head.Type = "basic"
		}
		complete, problem := validatePartial(head, start, end)
		if complete < -1 || complete > maxLength {
			t.Fatalf("%d, %q", complete, problem)
		}
		data := ResponseData{Length: length, ETag: etag, Head: &head}
		if version := data.versionOf(head, complete); length >= 0 && complete >= 0 && complete != length && version == versionSame {
			t.Fatalf("a complete length of %d where it was %d: version %d", complete, length, version)
		}
		if data.announce(head); data.Length < -1 || data.Length > maxLength || data.Announced > maxLength {
			t.Fatalf("announced %d, %d", data.Length, data.Announced)
		}
	})
}

func FuzzIntegrity(f *testing.F) {
	f.Add("sha256-AAAA sha512-" + strings.Repeat("A", 88))
	f.Add("sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU?x")
	f.Fuzz(func(t *testing.T, metadata string) {
		parsed, err := parseIntegrity(metadata)
		if parsed == nil || err != nil {
			return
		}
		for _, digest := range parsed.values {
			if len(digest) != parsed.new().Size() {
				t.Fatalf("%q: a digest of %d bytes", metadata, len(digest))
			}
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2015, 10, 21, 7, 27, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"0": 0, " 120 ": 2 * time.Minute, "Wed, 21 Oct 2015 07:28:00 GMT": time.Minute, "Wed, 21 Oct 2015 07:00:00 GMT": 0,
	} {
		if got, ok := retryAfter(Head{Headers: []Header{{"Retry-After", value}}}, now); !ok || got != want {
			t.Errorf("%q = %v, %v; want %v", value, got, ok, want)
		}
	}
	for _, value := range []string{"", "soon", "-1", "1.5", "Wed, 21 Oct"} {
		if got, ok := retryAfter(Head{Headers: []Header{{"Retry-After", value}}}, now); ok {
			t.Errorf("%q = %v, want none", value, got)
		}
	}
}

func TestBackOff(t *testing.T) {
	p := DefaultRetryPolicy
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 7: time.Minute, 1000: time.Minute} {
		for range 100 {
			if d := p.backOff(n); d < want/2 || d > want {
				t.Fatalf("backOff(%d) = %v, want %v to %v", n, d, want/2, want)
			}
		}
	}
}

// TestSegments compares the arithmetic of segments with a plain map of bytes.
func TestSegments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		const size = 60
		var stored [size]bool
		var segments []Segment
		for range r.IntN(12) {
			start, end := firstGapFrom(stored[:], r.IntN(size))
			if end <= start {
				continue
			}
			s := Segment{Offset: int64(start), Length: int64(1 + r.IntN(end-start))}
			before := slices.Clone(segments)
			added := addSegment(segments, s)
			if !slices.Equal(before, segments) {
				t.Fatal("addSegment changed the slice it was given")
			}
			segments = added
			for i := s.Offset; i < s.Offset+s.Length; i++ {
				stored[i] = true
			}
		}
		count := int64(0)
		for _, b := range stored {
			if b {
				count++
			}
		}
		if got := storedLength(segments); got != count {
			t.Fatalf("storedLength(%v) = %d, want %d", segments, got, count)
		}
		wantStart := slices.Index(stored[:], false)
		if wantStart < 0 {
			wantStart = size
		}
		wantEnd := 0
		if next := slices.Index(stored[wantStart:], true); next >= 0 {
			wantEnd = wantStart + next
		}
		if start, end := firstGap(segments); start != int64(wantStart) || end != int64(wantEnd) {
			t.Fatalf("firstGap(%v) = %d, %d; want %d, %d", segments, start, end, wantStart, wantEnd)
		}
		from := r.IntN(size)
		want := from
		for want < size && stored[want] {
			want++
		}
		got := from
		for _, s := range segmentsFrom(segments, int64(from), size) {
			if s.Offset > int64(got) {
				t.Fatalf("segmentsFrom(%v, %d) has a gap", segments, from)
			}
			got = int(s.Offset + s.Length)
		}
		if got != want {
			t.Fatalf("segmentsFrom(%v, %d) ends at %d, want %d", segments, from, got, want)
		}
	}
}

// firstGapFrom finds the free bytes at or after i.
func firstGapFrom(stored []bool, i int) (start, end int) {
	for start = i; start < len(stored) && stored[start]; start++ {
	}
	for end = start; end < len(stored) && !stored[end]; end++ {
	}
	return start, end
}

func TestMatches(t *testing.T) {
	get := Request{URL: "https://a/b?c=d#e", Method: "GET", Headers: []Header{{"Accept-Language", "de"}}}
	post := Request{URL: "https://a/b", Method: "POST"}
	vary := &Head{Headers: []Header{{"vary", "Accept-Language, X-Other"}}}
	for _, test := range []struct {
		name    string
		query   MatchRequest
		options MatchOptions
		request Request
		head    *Head
		want    bool
	}{
		{"same", MatchRequest{URL: "https://a/b?c=d", Method: "GET"}, MatchOptions{}, get, nil, true},
		{"fragment", MatchRequest{URL: "https://a/b?c=d#f", Method: "GET"}, MatchOptions{}, get, nil, true},
		{"search", MatchRequest{URL: "https://a/b?x", Method: "GET"}, MatchOptions{}, get, nil, false},
		{"ignoreSearch", MatchRequest{URL: "https://a/b?x", Method: "GET"}, MatchOptions{IgnoreSearch: true}, get, nil, true},
		{"other path", MatchRequest{URL: "https://a/c", Method: "GET"}, MatchOptions{IgnoreSearch: true}, get, nil, false},
		{"POST record", MatchRequest{URL: "https://a/b", Method: "GET"}, MatchOptions{}, post, nil, false},
		{"POST query", MatchRequest{URL: "https://a/b?c=d", Method: "POST"}, MatchOptions{}, get, nil, false},
		{"ignoreMethod", MatchRequest{URL: "https://a/b", Method: "GET"}, MatchOptions{IgnoreMethod: true}, post, nil, true},
		{"vary, other", MatchRequest{URL: "https://a/b?c=d", Method: "GET"}, MatchOptions{}, get, vary, false},
		{"vary, same", MatchRequest{URL: "https://a/b?c=d", Method: "GET", Headers: []Header{{"accept-language", "de"}}}, MatchOptions{}, get, vary, true},
		{"ignoreVary", MatchRequest{URL: "https://a/b?c=d", Method: "GET"}, MatchOptions{IgnoreVary: true}, get, vary, true},
		{"vary *", MatchRequest{URL: "https://a/b?c=d", Method: "GET"}, MatchOptions{}, get, &Head{Headers: []Header{{"Vary", "*"}}}, false},
	} {
		if got := matches(test.query, test.options, test.request, test.head); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestIsUniqueID(t *testing.T) {
	for text, want := range map[string]bool{
		"7f9c2ba4-e88f-4a5b-a9d3-b8c2e1f0a6d7": true,
		"a":                                    true,
		"_-0Z":                                 true,
		strings.Repeat("x", 64):                true,
		strings.Repeat("x", 65):                false,
		"":                                     false,
		"a/b":                                  false,
		"..":                                   false,
		"a b":                                  false,
		"ä":                                    false,
		"a\n":                                  false,
	} {
		if got := isUniqueID(text); got != want {
			t.Errorf("isUniqueID(%q) = %v", text, got)
		}
	}
}
