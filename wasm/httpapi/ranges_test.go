package httpapi

import (
	"bytes"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"
	"time"
)

const rangeETag = `"v1"`

// serveRange answers a request for a body of that length as serveBody does.
func serveRange(method, field, ifRange string, length int64) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	r.Header["Range"] = []string{field}
	if ifRange != "" {
		r.Header.Set("If-Range", ifRange)
	}
	w := httptest.NewRecorder()
	w.Header().Set("ETag", rangeETag)
	w.Header().Set("Content-Type", "video/mp4")
	http.ServeContent(w, rangeRequest(r, length), "", time.Time{}, bytes.NewReader(make([]byte, length)))
	return w
}

// oneRange is a Range of one range of bytes, by the grammar of RFC 9110, section 14.1.
var oneRange = regexp.MustCompile(`(?i)^bytes=[ \t,]*(?:(\d+)-(\d*)|-(\d+))[ \t]*(?:,[ \t]*)*$`)

// wantRange says what the RFC wants: the status, and for 206 the first and the last byte.
func wantRange(field string, length int64) (status int, first, last int64) {
	match := oneRange.FindStringSubmatch(field)
	if match == nil || length == 0 {
		return http.StatusOK, 0, 0
	}
	number := func(text string) *big.Int {
		n, _ := new(big.Int).SetString(text, 10)
		return n
	}
	size := big.NewInt(length)
	from, to := new(big.Int), new(big.Int).Sub(size, big.NewInt(1))
	if match[3] != "" {
		suffix := number(match[3])
		if suffix.Sign() == 0 {
			return http.StatusRequestedRangeNotSatisfiable, 0, 0
		}
		if suffix.Cmp(size) < 0 {
			from.Sub(size, suffix)
		}
		return http.StatusPartialContent, from.Int64(), to.Int64()
	}
	from = number(match[1])
	if match[2] != "" {
		last := number(match[2])
		if last.Cmp(from) < 0 {
			return http.StatusOK, 0, 0
		}
		if last.Cmp(to) < 0 {
			to = last
		}
	}
	if from.Cmp(size) >= 0 {
		return http.StatusRequestedRangeNotSatisfiable, 0, 0
	}
	return http.StatusPartialContent, from.Int64(), to.Int64()
}

// FuzzRange: what a Range is answered with is what RFC 9110 says, and a range has bytes.
func FuzzRange(f *testing.F) {
	for _, field := range []string{
		"bytes=0-", "bytes=5-9", "bytes=-10", "bytes=-0", "bytes=-99999999999999999999", "bytes=99999999999999999999-",
		"bytes=0-99999999999999999999", "BYTES=1-2", "Bytes=-1", "bytes=9-5", "bytes=", "bytes=-", "bytes=--5", "bytes=+1-2", "bytes=1-+2",
		"bytes=0x1-2", "bytes= 1-2", "bytes=1 - 2", "bytes=1-2 ", "bytes=,1-2,", "bytes=1-2,4-5", "bytes=a-b", "bytes=1-2-3", "bytes =1-2",
		"lines=0-1", "pages", "", "=", "bytes", "bytes=5", "bytes=１-２", "bytes=0-0, -1", "none=", "bytes=1-2\x00", "bytes=1_0-20",
	} {
		for _, length := range []uint16{0, 1, 10, 1000} {
			f.Add(field, length)
		}
	}
	f.Fuzz(func(t *testing.T, field string, size uint16) {
		length := int64(size)
		status, first, last := wantRange(field, length)
		w := serveRange("GET", field, "", length)
		if w.Code != status {
			t.Fatalf("%q of %d: status %d, want %d", field, length, w.Code, status)
		}
		wantField, wantBytes := "", length
		switch status {
		case http.StatusPartialContent:
			wantField, wantBytes = fmt.Sprintf("bytes %d-%d/%d", first, last, length), last-first+1
		case http.StatusRequestedRangeNotSatisfiable:
			wantField, wantBytes = fmt.Sprintf("bytes */%d", length), -1
		}
		if got := w.Header().Get("Content-Range"); got != wantField {
			t.Errorf("%q of %d: Content-Range %q, want %q", field, length, got, wantField)
		}
		if wantBytes >= 0 && (int64(w.Body.Len()) != wantBytes || w.Header().Get("Content-Length") != strconv.FormatInt(wantBytes, 10)) {
			t.Errorf("%q of %d: %d bytes, Content-Length %s, want %d", field, length, w.Body.Len(), w.Header().Get("Content-Length"), wantBytes)
		}
		// A range is for GET alone, and for the file that it was meant for.
		if w := serveRange("HEAD", field, "", length); w.Code != http.StatusOK || w.Header().Get("Content-Range") != "" {
			t.Errorf("HEAD %q: %d %q", field, w.Code, w.Header().Get("Content-Range"))
		}
		for ifRange, matches := range map[string]bool{
			rangeETag: true, `"v2"`: false, "W/" + rangeETag: false, rangeETag + "x": false, rangeETag + `, "v2"`: false, `"v1`: false, "v1": false,
			"Mon, 02 Jan 2023 03:04:05 GMT": false,
		} {
			want := http.StatusOK
			if matches {
				want = status
			}
			if w := serveRange("GET", field, ifRange, length); w.Code != want {
				t.Errorf("%q if %s: %d, want %d", field, ifRange, w.Code, want)
			}
		}
	})
}
