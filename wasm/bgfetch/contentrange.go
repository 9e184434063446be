package bgfetch

import (
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

// encoded says whether the body was sent with a content coding: its offsets are
// then not those of the bytes we store. Cross-origin nobody can tell.
func (h Head) encoded() bool {
	v, ok := h.get("Content-Encoding")
	return ok && v != "" && !strings.EqualFold(v, "identity")
}

// bodyLength is the length of the body as a page will read it, -1 if the head
// does not tell. exact is false where an invisible content coding may make it
// another one.
func (h Head) bodyLength() (length int64, exact bool) {
	if h.encoded() {
		return -1, false
	}
	return h.contentLength(), h.sameOriginHeaders()
}

// validatePartial checks a 206 against the response data that it continues at
// start; end is the byte after the last one asked for, 0 for the rest. It returns the
// complete length of the resource, -1 if that is not known, or what is wrong.
//
// Same-origin all of it is checked. Cross-origin the Content-Range and ETag
// fields are usually invisible; Content-Length and Last-Modified still are not.
//
// Source: #validate-a-partial-response
func validatePartial(head Head, data ResponseData, start, end int64) (complete int64, problem string) {
	if head.encoded() {
		return -1, "it has a content coding"
	}
	complete = -1
	length := head.contentLength()
	if value, ok := head.get("Content-Range"); ok {
		r, ok := extractContentRange(value)
		switch {
		case !ok || r.first < 0:
			return -1, "its Content-Range cannot be parsed"
		case r.first != start:
			return -1, "its Content-Range starts elsewhere"
		case length >= 0 && r.last-r.first+1 != length:
			return -1, "its Content-Range and Content-Length disagree"
		}
		complete = r.complete
	} else if head.sameOriginHeaders() {
		return -1, "it has no Content-Range"
	} else if length >= 0 {
		// What is left, if the server did as asked.
		if end == 0 {
			complete = start + length
		} else if length != end-start {
			return -1, "its length is not the one asked for"
		}
		if complete > maxLength {
			return -1, "its Content-Length is out of range"
		}
	}
	switch {
	case data.Length >= 0 && complete >= 0 && data.Length != complete:
		return -1, "its complete length is another one"
	case !sameValidator(data.ETag, head, "ETag"):
		return -1, "its ETag is another one"
	case !sameValidator(data.LastModified, head, "Last-Modified"):
		return -1, "its Last-Modified is another one"
	}
	return complete, ""
}

// sameValidator compares a validator of the previous response with the new head.
// A field that is gone differs, unless it may only be invisible.
func sameValidator(before string, head Head, name string) bool {
	now, ok := head.get(name)
	if before == "" || (!ok && !head.sameOriginHeaders()) {
		return true
	}
	return now == before
}
