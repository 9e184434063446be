package faultserver

import (
	"strconv"
	"strings"
)

// span is a part of a resource: the bytes from start up to, not including, end.
type span struct{ start, end int64 }

func (s span) length() int64 { return s.end - s.start }

// rangeVerdict is what a Range header asks for.
type rangeVerdict int

const (
	// rangeNone: everything is sent, because there is no header, or one that a
	// server ignores (several ranges, another unit, bad syntax).
	rangeNone rangeVerdict = iota
	rangeOne
	rangeUnsatisfiable
)

// parseRange understands the three forms of a single range, "bytes=a-b",
// "bytes=a-" and "bytes=-n", for a resource of size bytes.
func parseRange(header string, size int64) (span, rangeVerdict) {
	everything := span{0, size}
	set, isBytes := strings.CutPrefix(header, "bytes=")
	first, last, isRange := strings.Cut(strings.TrimSpace(set), "-")
	if !isBytes || !isRange {
		return everything, rangeNone
	}
	if first == "" {
		n, ok := parseOffset(last)
		switch {
		case !ok:
			return everything, rangeNone
		case n == 0 || size == 0:
			return span{}, rangeUnsatisfiable
		}
		return span{max(0, size-n), size}, rangeOne
	}
	start, ok := parseOffset(first)
	if !ok {
		return everything, rangeNone
	}
	end := size
	if last != "" {
		n, ok := parseOffset(last)
		if !ok || n < start {
			return everything, rangeNone
		}
		if n < size {
			end = n + 1
		}
	}
	if start >= size {
		return span{}, rangeUnsatisfiable
	}
	return span{start, end}, rangeOne
}

// parseOffset reads digits only.
func parseOffset(text string) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 62)
	return int64(n), err == nil
}
