package bgfetch

import (
	"net/url"
	"strings"
)

// MatchRequest is the request given to match() and matchAll().
type MatchRequest struct {
	URL     string   `json:"url"`
	Method  string   `json:"method"`
	Headers []Header `json:"headers,omitempty"`
}

// MatchOptions are the CacheQueryOptions.
type MatchOptions struct {
	IgnoreSearch bool `json:"ignoreSearch,omitempty"`
	IgnoreMethod bool `json:"ignoreMethod,omitempty"`
	IgnoreVary   bool `json:"ignoreVary,omitempty"`
}

// matches says whether query matches a record's request, whose response head is
// head (nil if not known).
//
// Source: https://w3c.github.io/ServiceWorker/#request-matches-cached-item, for
// records of any method.
func matches(query MatchRequest, options MatchOptions, request Request, head *Head) bool {
	if !options.IgnoreMethod && (query.Method != "GET" || request.Method != "GET") {
		return false
	}
	if matchURL(query.URL, options.IgnoreSearch) != matchURL(request.URL, options.IgnoreSearch) {
		return false
	}
	if options.IgnoreVary || head == nil {
		return true
	}
	for _, header := range head.Headers {
		if !strings.EqualFold(header[0], "Vary") {
			continue
		}
		for name := range strings.SplitSeq(header[1], ",") {
			name = strings.TrimSpace(name)
			if name == "*" || headerValue(query.Headers, name) != headerValue(request.Headers, name) {
				return false
			}
		}
	}
	return true
}

// matchURL is the part of a serialized URL that counts.
func matchURL(serialized string, ignoreSearch bool) string {
	u, _, _ := strings.Cut(serialized, "#")
	if ignoreSearch {
		u, _, _ = strings.Cut(u, "?")
	}
	return u
}

// headerValue combines all fields of that name, as Headers.get() does.
func headerValue(headers []Header, name string) string {
	var values []string
	for _, header := range headers {
		if strings.EqualFold(header[0], name) {
			values = append(values, header[1])
		}
	}
	return strings.Join(values, ", ")
}

// host returns the scheme, host and port of a URL: what shares a limit of
// connections.
func host(serialized string) string {
	u, err := parseOrigin(serialized)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// parseOrigin parses a URL without what follows its host: there a lone % is valid to
// browsers, and an error to url.Parse.
func parseOrigin(serialized string) (*url.URL, error) {
	if scheme, rest, ok := strings.Cut(serialized, "://"); ok {
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			rest = rest[:i]
		}
		serialized = scheme + "://" + rest
	}
	return url.Parse(serialized)
}
