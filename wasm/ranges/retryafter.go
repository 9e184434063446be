package ranges

import (
	"net/http"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// RetryAfter parses a Retry-After header field. A date is measured by the server's own
// clock where that is visible, else from now.
//
// Source: RFC 9110, section 10.2.3
func RetryAfter(head bgfetch.Head, now time.Time) (time.Duration, bool) {
	value, ok := head.Get("Retry-After")
	if !ok {
		return 0, false
	}
	value = strings.TrimSpace(value)
	if seconds, ok := bgfetch.ParseLength(value); ok {
		return time.Duration(min(seconds, 1<<31)) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if sent, err := http.ParseTime(head.Value("Date")); err == nil {
		now = sent
	}
	return max(0, date.Sub(now)), true
}

// TemporaryStatus are the statuses that say "later", when they answer the
// continuation of a download.
func TemporaryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}
