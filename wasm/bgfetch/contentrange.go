package bgfetch

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxLength is the largest length that JavaScript can count exactly. Larger
// ones in headers are treated as unparsable.
const maxLength = 1<<53 - 1

// contentRange is a parsed Content-Range of one byte range. First and last are
// -1 for an unsatisfied range (`bytes */1234`), complete is -1 where the server
// does not know it (`bytes 0-9/*`).
type contentRange struct {
	first, last, complete int64
}

// extractContentRange parses the value of a Content-Range header field.
//
// Source: #extract-content-range-values and RFC 9110, section 14.4.
func extractContentRange(value string) (contentRange, bool) {
	unit, rest, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return contentRange{}, false
	}
	span, total, ok := strings.Cut(strings.TrimLeft(rest, " "), "/")
	if !ok {
		return contentRange{}, false
	}
	r := contentRange{first: -1, last: -1, complete: -1}
	if total != "*" {
		if r.complete, ok = parseLength(total); !ok {
			return contentRange{}, false
		}
	}
	if span == "*" {
		return r, r.complete >= 0
	}
	first, last, ok := strings.Cut(span, "-")
	if !ok {
		return contentRange{}, false
	}
	if r.first, ok = parseLength(first); !ok {
		return contentRange{}, false
	}
	if r.last, ok = parseLength(last); !ok || r.last < r.first {
		return contentRange{}, false
	}
	if r.complete >= 0 && r.last >= r.complete {
		return contentRange{}, false
	}
	return r, true
}

// parseLength parses 1*DIGIT up to maxLength.
func parseLength(s string) (int64, bool) {
	if s == "" || len(s) > 16 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= maxLength
}

// get returns the value of the first header field with that name.
func (h Head) get(name string) (string, bool) {
	for _, header := range h.Headers {
		if strings.EqualFold(header[0], name) {
			return header[1], true
		}
	}
	return "", false
}

// value is get, with "" for an absent field.
func (h Head) value(name string) string {
	v, _ := h.get(name)
	return v
}

// sameOriginHeaders says that all header fields of the response can be seen, so
// that the absence of one means something.
func (h Head) sameOriginHeaders() bool { return h.Type == "basic" }

// contentLength is the Content-Length, or -1.
func (h Head) contentLength() int64 {
	v, ok := h.get("Content-Length")
	if !ok {
		return -1
	}
	n, ok := parseLength(strings.TrimSpace(v))
	if !ok {
		return -1
	}
	return n
}

// validatePartial checks that a 206 is for the range from start to the byte before end,
// 0 for the rest, as far as its head shows. It returns the complete length that it
// tells, -1 for none, or what is wrong. Of which version the bytes are is versionOf's matter.
//
// Source: #validate-a-partial-response
func validatePartial(head Head, start, end int64) (complete int64, problem string) {
	length := head.contentLength()
	value, ok := head.get("Content-Range")
	switch kind, _, _ := strings.Cut(head.value("Content-Type"), ";"); {
	case strings.EqualFold(strings.TrimSpace(kind), "multipart/byteranges"):
		return -1, "it holds several ranges"
	case !ok && head.shows("Content-Range"):
		return -1, "it has no Content-Range"
	case !ok && length >= 0 && end > 0 && length > end-start:
		return -1, "it is longer than what was asked for"
	case !ok && length >= 0 && start+length > maxLength:
		return -1, "its Content-Length is out of range"
	case !ok:
		return -1, ""
	}
	r, ok := extractContentRange(value)
	switch {
	case !ok || r.first < 0:
		return -1, "its Content-Range cannot be parsed"
	case r.first != start:
		return -1, "its Content-Range starts elsewhere"
	case end > 0 && r.last >= end:
		return -1, "its Content-Range ends behind what was asked for"
	case length >= 0 && r.last-r.first+1 != length:
		return -1, "its Content-Range and Content-Length disagree"
	}
	return r.complete, ""
}

// partialLength is the number of bytes that a 206 says it brings, -1 if it does not.
func (h Head) partialLength() int64 {
	if r, ok := extractContentRange(h.value("Content-Range")); ok && r.first >= 0 {
		return r.last - r.first + 1
	}
	return h.contentLength()
}

// madeWhole is the head of a 206 to our own Range request as a page is to see it, which
// asked for no range: all of the body is put behind it.
func (h Head) madeWhole() Head {
	h.Status, h.StatusText = http.StatusOK, "OK"
	h.Headers = slices.DeleteFunc(slices.Clone(h.Headers), func(header Header) bool {
		return strings.EqualFold(header[0], "Content-Range") || strings.EqualFold(header[0], "Content-Length")
	})
	return h
}
