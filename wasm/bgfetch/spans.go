package bgfetch

import (
	"cmp"
	"slices"
)

// span is a range of a body: from start to the byte before end.
type span struct{ start, end int64 }

func (s span) length() int64 { return s.end - s.start }

// missing returns what of a body of that length is neither stored nor in one of
// the spans, in order.
func missing(segments []Segment, under []span, length int64) []span {
	covered := slices.Clone(under)
	for _, s := range segments {
		covered = append(covered, span{s.Offset, s.Offset + s.Length})
	}
	slices.SortFunc(covered, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	var gaps []span
	var at int64
	for _, s := range covered {
		if s.start > at {
			gaps = append(gaps, span{at, min(s.start, length)})
		}
		at = max(at, s.end)
	}
	if at < length {
		gaps = append(gaps, span{at, length})
	}
	return slices.DeleteFunc(gaps, func(s span) bool { return s.length() <= 0 })
}

// runs returns the spans that the segments, which are sorted, hold without a gap.
func runs(segments []Segment) []span {
	var runs []span
	for _, s := range segments {
		end := s.Offset + s.Length
		if last := len(runs) - 1; last >= 0 && s.Offset <= runs[last].end {
			runs[last].end = max(runs[last].end, end)
		} else {
			runs = append(runs, span{s.Offset, end})
		}
	}
	return runs
}

// within returns what of the spans lies between start and end.
func within(spans []span, start, end int64) []span {
	var found []span
	for _, s := range spans {
		if s = (span{max(s.start, start), min(s.end, end)}); s.length() > 0 {
			found = append(found, s)
		}
	}
	return found
}
