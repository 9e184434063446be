package engine

import (
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// matches says whether query matches a record's request, whose response head is
// head (nil if not known).
//
// Source: https://w3c.github.io/ServiceWorker/#request-matches-cached-item, for
// records of any method.
func matches(query bgfetch.MatchRequest, options bgfetch.MatchOptions, request bgfetch.Request, head *bgfetch.Head) bool {
	if !options.IgnoreMethod && (query.Method != "GET" || request.Method != "GET") {
		return false
	}
	if bgfetch.MatchURL(query.URL, options.IgnoreSearch) != bgfetch.MatchURL(request.URL, options.IgnoreSearch) {
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
			if name == "*" || bgfetch.HeaderValue(query.Headers, name) != bgfetch.HeaderValue(request.Headers, name) {
				return false
			}
		}
	}
	return true
}
