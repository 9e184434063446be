package bgfetch

import (
	"net/url"
	"strings"
)

// Header is one header field: name and value.
type Header [2]string

// Request is a stored request: what is needed to make the same Request again.
// The body is not in it, it lies in the Cache API (Bodies.SaveRequestBody).
type Request struct {
	URL            string   `json:"url"`
	Method         string   `json:"method"`
	Headers        []Header `json:"headers,omitempty"`
	Mode           string   `json:"mode,omitempty"`
	Credentials    string   `json:"credentials,omitempty"`
	Cache          string   `json:"cache,omitempty"`
	Redirect       string   `json:"redirect,omitempty"`
	Referrer       string   `json:"referrer,omitempty"`
	ReferrerPolicy string   `json:"referrerPolicy,omitempty"`
	Integrity      string   `json:"integrity,omitempty"`
	// Pieces are stored with the request, and not handed out with it.
	Pieces *Pieces `json:"pieces,omitempty"`

	// Body is nil where the request has none.
	Body *RequestBody `json:"body,omitempty"`
}

// Bare is the request without what may be a secret and serves only to make it: header fields
// and the referrer.
func (r Request) Bare() Request {
	r.Headers, r.Referrer = nil, ""
	return r
}

// IsSafe says that the request may be sent again.
func (r Request) IsSafe() bool { return r.Method == "GET" }

// HasRange says that the site asks for a range itself: what comes is not the resource from
// byte 0 on, and cannot be continued.
func (r Request) HasRange() bool { return HeaderValue(r.Headers, "Range") != "" }

// RequestBody describes a request body.
type RequestBody struct {
	Size int64 `json:"size"`
	// Handle names the body among those that came with a fetch() call. It means
	// something only until SaveRequestBody stored the body, and is not kept.
	Handle string `json:"handle,omitempty"`
	// Key is the key of the stored body in the cache of the background fetch.
	Key string `json:"key,omitempty"`
}

// Pieces are the hashes of the pieces of a body, all of Length bytes but for the
// last: an addition to the standard. A wrong piece alone is fetched again.
type Pieces struct {
	Length int64 `json:"length"`
	// Hashes are integrity metadata of one digest each, all by the same algorithm.
	Hashes []string `json:"hashes"`
}

// HeaderValue combines all fields of that name, as Headers.get() does.
func HeaderValue(headers []Header, name string) string {
	var values []string
	for _, header := range headers {
		if strings.EqualFold(header[0], name) {
			values = append(values, header[1])
		}
	}
	return strings.Join(values, ", ")
}

// OriginOf returns the scheme, host and port of a URL: what shares a limit of
// connections.
func OriginOf(serialized string) string {
	u, err := ParseOrigin(serialized)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// ParseOrigin parses a URL without what follows its host: there a lone % is valid to
// browsers, and an error to url.Parse.
func ParseOrigin(serialized string) (*url.URL, error) {
	if scheme, rest, ok := strings.Cut(serialized, "://"); ok {
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			rest = rest[:i]
		}
		serialized = scheme + "://" + rest
	}
	return url.Parse(serialized)
}

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

// MatchURL is the part of a serialized URL that counts.
func MatchURL(serialized string, ignoreSearch bool) string {
	u, _, _ := strings.Cut(serialized, "#")
	if ignoreSearch {
		u, _, _ = strings.Cut(u, "?")
	}
	return u
}
