package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// rangeRequest is the request as http.ServeContent is to see it, for a body of that length:
// with a Range only if that asks for one range of bytes. All others are ignored, as RFC 9110,
// section 14.2, demands (another unit, another method than GET) or permits (what is malformed,
// several ranges). What is left is written in the one way that ServeContent reads well.
func rangeRequest(r *http.Request, length int64) *http.Request {
	if len(r.Header.Values("Range")) == 0 {
		return r
	}
	first, last, ok := byteRange(strings.Join(r.Header.Values("Range"), ","))
	r = r.Clone(r.Context())
	r.Header.Del("Range")
	switch {
	case !ok || r.Method != http.MethodGet || length == 0 || !validIfRange(r.Header.Get("If-Range")):
	case first >= 0:
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", first, last))
	case last == 0: // the last 0 bytes: no range can be that, as none begins behind the end
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", length))
	default:
		r.Header.Set("Range", fmt.Sprintf("bytes=-%d", last))
	}
	return r
}

// firstByte is the first byte of the body that is asked for, math.MaxInt64 where it is counted from the
// end.
func firstByte(r *http.Request) int64 {
	switch first, _, ok := byteRange(strings.Join(r.Header.Values("Range"), ",")); {
	case !ok:
		return 0
	case first < 0:
		return math.MaxInt64
	default:
		return first
	}
}

// byteRange reads a Range of one range of bytes, both positions included; first is -1 where
// it is the last so many bytes. Not ok: it is another thing. Numbers that are too large for an
// int64 are the largest.
func byteRange(field string) (first, last int64, ok bool) {
	unit, set, ok := strings.Cut(field, "=")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return 0, 0, false
	}
	var only string
	for spec := range strings.SplitSeq(set, ",") {
		spec = strings.Trim(spec, " \t")
		switch {
		case spec == "": // a list may have empty elements
		case only != "":
			return 0, 0, false
		default:
			only = spec
		}
	}
	from, to, ok := strings.Cut(only, "-")
	if !ok || from == "" && to == "" {
		return 0, 0, false
	}
	first, last = -1, math.MaxInt64
	if from != "" {
		if first, ok = digits(from); !ok {
			return 0, 0, false
		}
	}
	if to != "" {
		if last, ok = digits(to); !ok || first > last {
			return 0, 0, false
		}
	}
	return first, last, true
}

// digits reads a number of digits alone.
func digits(text string) (int64, bool) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil || n == math.MaxInt64
}

// validIfRange says that the field, if there is one, is one entity tag or a date: of what is
// longer ServeContent would read only the beginning.
func validIfRange(field string) bool {
	tag := strings.TrimPrefix(field, "W/")
	if !strings.HasPrefix(tag, `"`) {
		return true
	}
	return len(tag) >= 2 && strings.IndexByte(tag[1:], '"') == len(tag)-2
}
