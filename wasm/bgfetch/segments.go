package bgfetch

import (
	"cmp"
	"slices"
)

// addSegment returns segments, sorted by offset, with s put in. The elements of
// the slice it was given stay as they are.
func addSegment(segments []Segment, s Segment) []Segment {
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

func compareOffset(a, b Segment) int { return cmp.Compare(a.Offset, b.Offset) }

// storedLength is the number of different bytes that the segments hold.
func storedLength(segments []Segment) int64 {
	var total, end int64
	for _, s := range segments {
		if last := s.Offset + s.Length; last > end {
			total += last - max(s.Offset, end)
			end = last
		}
	}
	return total
}

// firstGap returns the first bytes that are not stored: from start to the byte
// before end, or to the end of the body where end is 0.
func firstGap(segments []Segment) (start, end int64) {
	for _, s := range segments {
		if s.Offset > start {
			return start, s.Offset
		}
		start = max(start, s.Offset+s.Length)
	}
	return start, 0
}

// segmentsFrom returns the segments that hold the bytes from offset on without a gap, at
// most n of them.
func segmentsFrom(segments []Segment, offset int64, n int) []Segment {
	i, found := slices.BinarySearchFunc(segments, Segment{Offset: offset}, compareOffset)
	if !found {
		i--
	}
	if i < 0 {
		return nil
	}
	j := i
	for j < len(segments) && j-i < n && segments[j].Offset <= offset && offset < segments[j].Offset+segments[j].Length {
		offset = segments[j].Offset + segments[j].Length
		j++
	}
	return segments[i:j]
}

// storedRanges names where the bytes from offset on lie, length of them.
func (r *record) storedRanges(data *ResponseData, offset, length int64) []StoredRange {
	var ranges []StoredRange
	for end := offset + length; offset < end; {
		one := segmentsFrom(data.Segments, offset, 1)
		if len(one) == 0 {
			break
		}
		within := offset - one[0].Offset
		n := min(end-offset, one[0].Length-within)
		ranges = append(ranges, StoredRange{Key: r.key(data.Generation, one[0]), Offset: within, Length: n})
		offset += n
	}
	return ranges
}
