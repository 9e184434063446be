package ranges

import (
	"cmp"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// AddSegment returns segments, sorted by offset, with s put in. The elements of
// the slice it was given stay as they are.
func AddSegment(segments []bgfetch.Segment, s bgfetch.Segment) []bgfetch.Segment {
	if n := len(segments); n == 0 || segments[n-1].Offset < s.Offset {
		return append(segments, s)
	}
	i, found := slices.BinarySearchFunc(segments, s, compareOffset)
	segments = slices.Clone(segments)
	if found {
		segments[i] = s
		return segments
	}
	return slices.Insert(segments, i, s)
}

func compareOffset(a, b bgfetch.Segment) int { return cmp.Compare(a.Offset, b.Offset) }

// StoredLength is the number of different bytes that the segments hold.
func StoredLength(segments []bgfetch.Segment) int64 {
	var total, end int64
	for _, s := range segments {
		if last := s.Offset + s.Length; last > end {
			total += last - max(s.Offset, end)
			end = last
		}
	}
	return total
}

// End is the byte after the last that the segments hold.
func End(segments []bgfetch.Segment) (end int64) {
	for _, s := range segments {
		end = max(end, s.Offset+s.Length)
	}
	return end
}

// FirstGap returns the first bytes that are not stored: from start to the byte
// before end, or to the end of the body where end is 0.
func FirstGap(segments []bgfetch.Segment) (start, end int64) {
	for _, s := range segments {
		if s.Offset > start {
			return start, s.Offset
		}
		start = max(start, s.Offset+s.Length)
	}
	return start, 0
}

// SegmentsFrom returns segments that hold the bytes from offset on without a gap, at most n
// of them. Each holds bytes that those before it do not. Segments may overlap, so that one may
// begin with bytes that the one before has, too.
func SegmentsFrom(segments []bgfetch.Segment, offset int64, n int) []bgfetch.Segment {
	var found []bgfetch.Segment
	for len(found) < n {
		i := holder(segments, offset)
		if i < 0 {
			break
		}
		found = append(found, segments[i])
		offset = segments[i].Offset + segments[i].Length
	}
	return found
}

// StoredTo is the first byte from offset on that is not stored.
func StoredTo(segments []bgfetch.Segment, offset int64) int64 {
	for _, s := range SegmentsFrom(segments, offset, len(segments)) {
		offset = s.Offset + s.Length
	}
	return offset
}

// holder is the index of a segment that holds the byte at offset, -1 for none. Mostly it is
// the last one that does not begin after it, but others may lie within that one.
func holder(segments []bgfetch.Segment, offset int64) int {
	i, found := slices.BinarySearchFunc(segments, bgfetch.Segment{Offset: offset}, compareOffset)
	if !found {
		i--
	}
	for i >= 0 && segments[i].Offset+segments[i].Length <= offset {
		i--
	}
	return i
}

// Stored names where the bytes of the span lie, as far as they are stored without a gap.
func Stored(data *bgfetch.ResponseData, index int, span Span) (stored []bgfetch.StoredRange) {
	for offset := span.Start; offset < span.End; {
		one := SegmentsFrom(data.Segments, offset, 1)
		if len(one) == 0 {
			break
		}
		within := offset - one[0].Offset
		n := min(span.End-offset, one[0].Length-within)
		stored = append(stored, bgfetch.StoredRange{Key: one[0].Key(index, data.Generation), Offset: within, Length: n})
		offset += n
	}
	return stored
}
