// Package ranges is the arithmetic of bodies that come and are stored in parts: spans and
// segments, and the header fields of HTTP that speak of parts, Content-Range and
// Retry-After. Nothing in it has state.
package ranges

import (
	"cmp"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// Span is a range of a body: from Start to the byte before End.
type Span struct{ Start, End int64 }

// Length is the number of bytes.
func (s Span) Length() int64 { return s.End - s.Start }

// Missing returns what of a body of that length is neither stored nor in one of
// the spans, in order.
func Missing(segments []bgfetch.Segment, under []Span, length int64) []Span {
	covered := slices.Clone(under)
	for _, s := range segments {
		covered = append(covered, Span{s.Offset, s.Offset + s.Length})
	}
	slices.SortFunc(covered, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	var gaps []Span
	var at int64
	for _, s := range covered {
		if s.Start > at {
			gaps = append(gaps, Span{at, min(s.Start, length)})
		}
		at = max(at, s.End)
	}
	if at < length {
		gaps = append(gaps, Span{at, length})
	}
	return slices.DeleteFunc(gaps, func(s Span) bool { return s.Length() <= 0 })
}

// Runs returns the spans that the segments, which are sorted, hold without a gap.
func Runs(segments []bgfetch.Segment) []Span {
	var runs []Span
	for _, s := range segments {
		end := s.Offset + s.Length
		if last := len(runs) - 1; last >= 0 && s.Offset <= runs[last].End {
			runs[last].End = max(runs[last].End, end)
		} else {
			runs = append(runs, Span{s.Offset, end})
		}
	}
	return runs
}

// Within returns what of the spans lies between start and end.
func Within(spans []Span, start, end int64) []Span {
	var found []Span
	for _, s := range spans {
		if s = (Span{max(s.Start, start), min(s.End, end)}); s.Length() > 0 {
			found = append(found, s)
		}
	}
	return found
}
