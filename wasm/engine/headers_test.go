package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// TestAbsurdHeaders sends heads that no server should, at the start and with a
// resume. Each ends with the right bytes or with a failure.
func TestAbsurdHeaders(t *testing.T) {
	huge := strings.Repeat("x", 1<<20)
	for name, header := range map[string]bgfetch.Header{
		"a header of 1 MB":            {"X-Huge", huge},
		"an ETag of 1 MB":             {"ETag", `"` + huge + `"`},
		"NULs in the ETag":            {"ETag", "\"a\x00b\x00\""},
		"a Last-Modified of 9999":     {"Last-Modified", "Fri, 31 Dec 9999 23:59:59 GMT"},
		"a Last-Modified of 10000":    {"Last-Modified", "Sat, 01 Jan 10000 00:00:00 GMT"},
		"a Retry-After of 9999":       {"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"},
		"a Retry-After beyond 2^63":   {"Retry-After", "99999999999999999999"},
		"a Content-Length of 2^53":    {"Content-Length", "9007199254740992"},
		"a Content-Length of 2^64":    {"Content-Length", "18446744073709551616"},
		"a negative Content-Length":   {"Content-Length", "-1"},
		"a Content-Range of 2^53":     {"Content-Range", "bytes 0-9007199254740992/9007199254740993"},
		"a Content-Range beyond 2^64": {"Content-Range", "bytes 18446744073709551616-18446744073709551617/*"},
		"a Content-Range of NULs":     {"Content-Range", "bytes \x000-1/2"},
		"a Content-Encoding of 1 MB":  {"Content-Encoding", huge},
		"a Vary of 1 MB":              {"Vary", strings.Repeat("a,", 1<<19)},
	} {
		for _, status := range []int{0, 416, 503} {
			if !bgfetchtest.IsDrawn() {
				continue
			}
			t.Run(fmt.Sprintf("%s, %d", name, status), func(t *testing.T) {
				run(t, func(w *world) {
					file := bgfetchtest.Resource{Body: randomBytes(3 * mib), Rate: mib, ETag: `"v1"`}
					w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
						answer := file.Respond(init)
						if n == 1 {
							answer.Cut = mib
						} else if status != 0 {
							answer.Head.Status, answer.Body = status, nil
						}
						replace(&answer.Head, header)
						return answer
					})
					hour := time.Hour.Milliseconds()
					w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) { init.Retry.GiveUpAfter = &hour })
					time.Sleep(3 * time.Hour)
					if w.result("f").Snapshot.Result == bgfetch.ResultSuccess {
						w.wantBodies("f", file.Body)
					}
					w.wantNothingLeft()
				})
			})
		}
	}
}

// replace sets a header field.
func replace(head *bgfetch.Head, field bgfetch.Header) {
	for i, other := range head.Headers {
		if strings.EqualFold(other[0], field[0]) {
			head.Headers[i] = field
			return
		}
	}
	head.Headers = append(head.Headers, field)
}
