package engine

import (
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

func TestMatches(t *testing.T) {
	get := bgfetch.Request{URL: "https://a/b?c=d#e", Method: "GET", Headers: []bgfetch.Header{{"Accept-Language", "de"}}}
	post := bgfetch.Request{URL: "https://a/b", Method: "POST"}
	vary := &bgfetch.Head{Headers: []bgfetch.Header{{"vary", "Accept-Language, X-Other"}}}
	for _, test := range []struct {
		name    string
		query   bgfetch.MatchRequest
		options bgfetch.MatchOptions
		request bgfetch.Request
		head    *bgfetch.Head
		want    bool
	}{
		{"same", bgfetch.MatchRequest{URL: "https://a/b?c=d", Method: "GET"}, bgfetch.MatchOptions{}, get, nil, true},
		{"fragment", bgfetch.MatchRequest{URL: "https://a/b?c=d#f", Method: "GET"}, bgfetch.MatchOptions{}, get, nil, true},
		{"search", bgfetch.MatchRequest{URL: "https://a/b?x", Method: "GET"}, bgfetch.MatchOptions{}, get, nil, false},
		{"ignoreSearch", bgfetch.MatchRequest{URL: "https://a/b?x", Method: "GET"}, bgfetch.MatchOptions{IgnoreSearch: true}, get, nil, true},
		{"other path", bgfetch.MatchRequest{URL: "https://a/c", Method: "GET"}, bgfetch.MatchOptions{IgnoreSearch: true}, get, nil, false},
		{"POST record", bgfetch.MatchRequest{URL: "https://a/b", Method: "GET"}, bgfetch.MatchOptions{}, post, nil, false},
		{"POST query", bgfetch.MatchRequest{URL: "https://a/b?c=d", Method: "POST"}, bgfetch.MatchOptions{}, get, nil, false},
		{"ignoreMethod", bgfetch.MatchRequest{URL: "https://a/b", Method: "GET"}, bgfetch.MatchOptions{IgnoreMethod: true}, post, nil, true},
		{"vary, other", bgfetch.MatchRequest{URL: "https://a/b?c=d", Method: "GET"}, bgfetch.MatchOptions{}, get, vary, false},
		{"vary, same", bgfetch.MatchRequest{URL: "https://a/b?c=d", Method: "GET", Headers: []bgfetch.Header{{"accept-language", "de"}}}, bgfetch.MatchOptions{}, get, vary, true},
		{"ignoreVary", bgfetch.MatchRequest{URL: "https://a/b?c=d", Method: "GET"}, bgfetch.MatchOptions{IgnoreVary: true}, get, vary, true},
		{"vary *", bgfetch.MatchRequest{URL: "https://a/b?c=d", Method: "GET"}, bgfetch.MatchOptions{}, get, &bgfetch.Head{Headers: []bgfetch.Header{{"Vary", "*"}}}, false},
	} {
		if got := matches(test.query, test.options, test.request, test.head); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
