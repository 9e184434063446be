package ranges

import (
	"math/rand/v2"
	"slices"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

// TestSegments compares the arithmetic of segments with a plain map of bytes.
func TestSegments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for try := range 4000 {
		const size = 60
		overlapping := try%2 == 1
		var stored [size]bool
		var segments []bgfetch.Segment
		for range r.IntN(12) {
			start, end := firstGapFrom(stored[:], r.IntN(size))
			if overlapping {
				start, end = r.IntN(size), size
			}
			i := slices.IndexFunc(segments, func(s bgfetch.Segment) bool { return s.Offset == int64(start) })
			if end <= start || i >= 0 {
				continue
			}
			s := bgfetch.Segment{Offset: int64(start), Length: int64(1 + r.IntN(end-start))}
			before := slices.Clone(segments)
			added := AddSegment(segments, s)
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
		if got := StoredLength(segments); got != count {
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
		if start, end := FirstGap(segments); start != int64(wantStart) || end != int64(wantEnd) {
			t.Fatalf("firstGap(%v) = %d, %d; want %d, %d", segments, start, end, wantStart, wantEnd)
		}
		from := r.IntN(size)
		want := from
		for want < size && stored[want] {
			want++
		}
		got := from
		for _, s := range SegmentsFrom(segments, int64(from), size) {
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
