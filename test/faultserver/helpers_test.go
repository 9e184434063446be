package faultserver

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// start serves a new Server and returns its URL.
func start(t *testing.T) (*Server, string) {
	t.Helper()
	server := &Server{}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	return server, listener.URL
}

// reply is an answer with as much of its body as arrived.
type reply struct {
	*http.Response
	body    []byte
	bodyErr error
}

// client does not decode gzip and does not follow redirects.
var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// do sends a request; headers are pairs.
func do(t *testing.T, method, url string, body io.Reader, headers ...string) (reply, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, bodyErr := io.ReadAll(response.Body)
	return reply{response, text, bodyErr}, nil
}

// get expects an answer with a whole body.
func get(t *testing.T, url string, headers ...string) reply {
	t.Helper()
	answer, err := do(t, http.MethodGet, url, nil, headers...)
	if err != nil {
		t.Fatal(err)
	}
	if answer.bodyErr != nil {
		t.Fatalf("%s: body: %v", url, answer.bodyErr)
	}
	return answer
}

// getBroken expects an answer whose body breaks off after n bytes.
func getBroken(t *testing.T, url string, n int, headers ...string) reply {
	t.Helper()
	answer, err := do(t, http.MethodGet, url, nil, headers...)
	if err != nil {
		t.Fatal(err)
	}
	if answer.bodyErr == nil || len(answer.body) != n {
		t.Fatalf("%s: %d bytes and error %v, want %d and an error", url, len(answer.body), answer.bodyErr, n)
	}
	return answer
}

func wantStatus(t *testing.T, answer reply, status int) {
	t.Helper()
	if answer.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", answer.StatusCode, status, answer.body)
	}
}

func wantHeader(t *testing.T, answer reply, name, value string) {
	t.Helper()
	if got := answer.Header.Get(name); got != value {
		t.Errorf("%s: %q, want %q", name, got, value)
	}
}

// wantContent compares a body with a part of generated content.
func wantContent(t *testing.T, answer reply, seed uint64, start, end int64) {
	t.Helper()
	want := make([]byte, end-start)
	if _, err := (Content{Seed: seed, Length: 1 << 40}).ReadAt(want, start); err != nil {
		t.Fatal(err)
	}
	if hashOf(answer.body) != hashOf(want) {
		t.Errorf("%d bytes that are not those from %d to %d of seed %d", len(answer.body), start, end, seed)
	}
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// lastEntry waits until the newest exchange of name has ended.
func lastEntry(t *testing.T, server *Server, name string) Entry {
	t.Helper()
	for range 200 {
		entries := server.Log(name)
		if n := len(entries); n > 0 && entries[n-1].Ms > 0 {
			return entries[n-1]
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%s: the last exchange does not end: %+v", name, server.Log(name))
	return Entry{}
}
