package bgfetch

import (
	"net/http"
	"slices"
)

// Refreshed is what a record is sent with from some time on, in place of what the site gave to
// fetch(): an addition to the standard. It is never changed, only replaced.
type Refreshed struct {
	URL         string   `json:"url"`
	Headers     []Header `json:"headers,omitempty"`
	Credentials string   `json:"credentials,omitempty"`
}

// With returns the request as it is sent by now. nil: as the site gave it.
func (r Request) With(refreshed *Refreshed) Request {
	if refreshed != nil {
		r.URL, r.Headers, r.Credentials = refreshed.URL, refreshed.Headers, refreshed.Credentials
	}
	return r
}

// SendsSame says whether both requests have the same header fields and credentials.
func (r Request) SendsSame(other Request) bool {
	return r.Credentials == other.Credentials && slices.Equal(r.Headers, other.Headers)
}

// Refusal is an answer which says that a request is no longer good.
type Refusal struct {
	Head Head
	// Refreshed is what the request was sent with.
	Refreshed *Refreshed
	// AtEnd: it asked for what follows an end that nothing proves. If there is no other request,
	// that is taken for the end.
	AtEnd bool
}

// Refreshable says whether the status may mean that a token, or a URL that was signed, has
// expired.
func Refreshable(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return true
	}
	return false
}

// IsGone says whether a status speaks of the file, not of who asks for it.
func IsGone(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }
