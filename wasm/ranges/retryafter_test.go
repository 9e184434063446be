package ranges

import (
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"0", "120", "Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "-1", "99999999999999999999"} {
		f.Add(seed)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		d, ok := RetryAfter(bgfetch.Head{Headers: []bgfetch.Header{{"retry-after", value}}}, now)
		if d < 0 || !ok && d != 0 {
			t.Fatalf("%q = %v, %v", value, d, ok)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2015, 10, 21, 7, 27, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"0": 0, " 120 ": 2 * time.Minute, "Wed, 21 Oct 2015 07:28:00 GMT": time.Minute, "Wed, 21 Oct 2015 07:00:00 GMT": 0,
	} {
		if got, ok := RetryAfter(bgfetch.Head{Headers: []bgfetch.Header{{"Retry-After", value}}}, now); !ok || got != want {
			t.Errorf("%q = %v, %v; want %v", value, got, ok, want)
		}
	}
	for _, value := range []string{"", "soon", "-1", "1.5", "Wed, 21 Oct"} {
		if got, ok := RetryAfter(bgfetch.Head{Headers: []bgfetch.Header{{"Retry-After", value}}}, now); ok {
			t.Errorf("%q = %v, want none", value, got)
		}
	}
}

// A date is measured by the clock of the server that names it, where that can be seen.
func TestRetryAfterByTheServersClock(t *testing.T) {
	now := time.Date(2015, 10, 21, 7, 27, 0, 0, time.UTC)
	const until = "Wed, 21 Oct 2015 09:28:00 GMT"
	for date, want := range map[string]time.Duration{
		"Wed, 21 Oct 2015 09:27:00 GMT": time.Minute,       // two hours ahead of ours
		"Wed, 21 Oct 2015 09:30:00 GMT": 0,                 // a date that is past
		"Wed, 21 Oct 2015 05:28:00 GMT": 4 * time.Hour,     // two hours behind
		"yesterday":                     121 * time.Minute, // it cannot be read: by ours
	} {
		head := bgfetch.Head{Headers: []bgfetch.Header{{"Date", date}, {"Retry-After", until}}}
		if got, ok := RetryAfter(head, now); !ok || got != want {
			t.Errorf("Date %q: %v, %v; want %v", date, got, ok, want)
		}
	}
	head := bgfetch.Head{Headers: []bgfetch.Header{{"Date", "Wed, 21 Oct 2015 09:27:00 GMT"}, {"Retry-After", "120"}}}
	if got, ok := RetryAfter(head, now); !ok || got != 2*time.Minute {
		t.Errorf("seconds beside a Date: %v, %v; want two minutes", got, ok)
	}
}
