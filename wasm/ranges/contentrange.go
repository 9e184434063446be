package ranges

import (
	"net/http"
	"slices"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// ContentRange is a parsed Content-Range of one byte range. First and last are
// -1 for an unsatisfied range (`bytes */1234`), complete is -1 where the server
// does not know it (`bytes 0-9/*`).
type ContentRange struct {
	First, Last, Complete int64
}

// ExtractContentRange parses the value of a Content-Range header field.
//
// Source: #extract-content-range-values and RFC 9110, section 14.4.
func ExtractContentRange(value string) (ContentRange, bool) {
	unit, rest, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return ContentRange{}, false
	}
	span, total, ok := strings.Cut(strings.TrimLeft(rest, " "), "/")
	if !ok {
		return ContentRange{}, false
	}
	r := ContentRange{First: -1, Last: -1, Complete: -1}
	if total != "*" {
		if r.Complete, ok = bgfetch.ParseLength(total); !ok {
			return ContentRange{}, false
		}
	}
	if span == "*" {
		return r, r.Complete >= 0
	}
	first, last, ok := strings.Cut(span, "-")
	if !ok {
		return ContentRange{}, false
	}
	if r.First, ok = bgfetch.ParseLength(first); !ok {
		return ContentRange{}, false
	}
	if r.Last, ok = bgfetch.ParseLength(last); !ok || r.Last < r.First {
		return ContentRange{}, false
	}
	if r.Complete >= 0 && r.Last >= r.Complete {
		return ContentRange{}, false
	}
	return r, true
}

// ValidatePartial checks that a 206 is for the range from start to the byte before end,
// 0 for the rest, as far as its head shows. It returns the complete length that it
// tells, -1 for none, or what is wrong. Of which version the bytes are is the matter of evidence.VersionOf.
//
// Source: #validate-a-partial-response
func ValidatePartial(head bgfetch.Head, start, end int64) (complete int64, problem string) {
	length := head.ContentLength()
	value, ok := head.Get("Content-Range")
	switch kind, _, _ := strings.Cut(head.Value("Content-Type"), ";"); {
	case strings.EqualFold(strings.TrimSpace(kind), "multipart/byteranges"):
		return -1, "it holds several ranges"
	case !ok && head.Shows("Content-Range"):
		return -1, "it has no Content-Range"
	case !ok && length >= 0 && end > 0 && length > end-start:
		return -1, "it is longer than what was asked for"
	case !ok && length >= 0 && start+length > bgfetch.MaxLength:
		return -1, "its Content-Length is out of range"
	case !ok:
		return -1, ""
	}
	r, ok := ExtractContentRange(value)
	switch {
	case !ok || r.First < 0:
		return -1, "its Content-Range cannot be parsed"
	case r.First != start:
		return -1, "its Content-Range starts elsewhere"
	case end > 0 && r.Last >= end:
		return -1, "its Content-Range ends behind what was asked for"
	case length >= 0 && r.Last-r.First+1 != length:
		return -1, "its Content-Range and Content-Length disagree"
	}
	return r.Complete, ""
}

// PartialLength is the number of bytes that a 206 says it brings, -1 if it does not.
func PartialLength(h bgfetch.Head) int64 {
	if r, ok := ExtractContentRange(h.Value("Content-Range")); ok && r.First >= 0 {
		return r.Last - r.First + 1
	}
	return h.ContentLength()
}

// MadeWhole is the head of a 206 to our own Range request as a page is to see it, which
// asked for no range: all of the body is put behind it.
func MadeWhole(h bgfetch.Head) bgfetch.Head {
	h.Status, h.StatusText = http.StatusOK, "OK"
	h.Headers = slices.DeleteFunc(slices.Clone(h.Headers), func(header bgfetch.Header) bool {
		return strings.EqualFold(header[0], "Content-Range") || strings.EqualFold(header[0], "Content-Length")
	})
	return h
}
