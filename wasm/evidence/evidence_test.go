package evidence

import (
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// FuzzValidatePartial: whatever a server says, no complete length is out of range.
func FuzzValidatePartial(f *testing.F) {
	f.Add("bytes 5-9/10", "5", "W/\"\x00\"", "Fri, 31 Dec 9999 23:59:59 GMT", "gzip", int64(5), int64(0), int64(10), true)
	f.Add("", "9007199254740991", "", "", "", int64(5), int64(0), int64(-1), false)
	f.Add("bytes 0-9007199254740991/*", "9007199254740992", "", "", "", int64(0), int64(4096), int64(-1), false)
	f.Fuzz(func(t *testing.T, contentRange, contentLength, etag, modified, encoding string, start, end, length int64, sameOrigin bool) {
		if start < 0 || start > bgfetch.MaxLength || end < 0 || end > bgfetch.MaxLength || length < -1 || length > bgfetch.MaxLength {
			return
		}
		head := bgfetch.Head{Type: "cors", Status: 206, Headers: []bgfetch.Header{
			{"Content-Range", contentRange}, {"Content-Length", contentLength}, {"ETag", etag},
			{"Last-Modified", modified}, {"Content-Encoding", encoding},
		}}
		if contentRange == "" {
			head.Headers = head.Headers[1:] // not visible
		}
		if sameOrigin {
			head.Type = "basic"
		}
		complete, problem := ranges.ValidatePartial(head, start, end)
		if complete < -1 || complete > bgfetch.MaxLength {
			t.Fatalf("%d, %q", complete, problem)
		}
		data := bgfetch.ResponseData{Length: length, ETag: etag, Head: &head}
		if version := VersionOf(&data, head, complete); length >= 0 && complete >= 0 && complete != length && version == VersionSame {
			t.Fatalf("a complete length of %d where it was %d: version %d", complete, length, version)
		}
		if Announce(&data, head); data.Length < -1 || data.Length > bgfetch.MaxLength || data.Announced > bgfetch.MaxLength {
			t.Fatalf("announced %d, %d", data.Length, data.Announced)
		}
	})
}
