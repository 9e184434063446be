package faultserver

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// raw sends a request and returns all that comes until the connection ends.
func raw(t *testing.T, address string) string {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", target.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target.RequestURI(), target.Host)
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	text, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatalf("the connection does not end in order: %v", err)
	}
	return string(text)
}

func TestStoredEncoded(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=100000&text=1&seed=4&stored=gzip"
	whole := get(t, url, "Accept-Encoding", "identity")
	wantHeader(t, whole, "Content-Encoding", "gzip")
	decoder, err := gzip.NewReader(bytes.NewReader(whole.body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(decoder); err != nil || len(text) != 100000 {
		t.Errorf("decoded %d bytes, error %v", len(text), err)
	}
	part := get(t, url, "Range", "bytes=1000-", "If-Range", whole.Header.Get("ETag"))
	wantStatus(t, part, 206)
	wantHeader(t, part, "Content-Encoding", "gzip")
	wantHeader(t, part, "Content-Range", fmt.Sprintf("bytes 1000-%d/%d", len(whole.body)-1, len(whole.body)))
	if !bytes.Equal(part.body, whole.body[1000:]) {
		t.Error("not those of the encoded bytes")
	}
	cut := get(t, strings.Replace(url, "/a", "/b", 1)+"&chunked=1&truncate=3000")
	if !bytes.Equal(cut.body, whole.body[:3000]) {
		t.Error("an offset is not one in the encoded bytes")
	}
	wantHeader(t, get(t, url+"&codingheader=GZIP"), "Content-Encoding", "GZIP")
	wantStatus(t, get(t, url+"x"), 400)
}

func TestCodingHeader(t *testing.T) {
	_, url := start(t)
	for _, value := range []string{"aws-chunked", "", "identity"} {
		answer := get(t, url+"/file/a?size=1000&codingheader="+value)
		wantContent(t, answer, 0, 0, 1000)
		if got, ok := answer.Header["Content-Encoding"]; !ok || got[0] != value {
			t.Errorf("%q, want %q", got, value)
		}
	}
}

func TestEndsOfConnections(t *testing.T) {
	_, url := start(t)
	text := raw(t, url+"/file/a?size=1000&closedelimited=1")
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	if len(body) != 1000 || strings.Contains(head, "Content-Length") || strings.Contains(head, "Transfer-Encoding") {
		t.Errorf("%d bytes after %s", len(body), head)
	}
	if text := raw(t, url+"/file/b?size=1000&chunked=1&fin=400"); !strings.HasSuffix(text, "\r\n") || strings.HasSuffix(text, "0\r\n\r\n") {
		t.Errorf("%q at the end", text[len(text)-9:])
	}
	if text := raw(t, url+"/file/c?size=1000&connectionclose=1"); !strings.Contains(text, "\r\nConnection: close\r\n") {
		t.Error(text)
	}
	head, body, _ = strings.Cut(raw(t, url+"/file/e?size=1000&http10=1"), "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.0 200") || !strings.Contains(head, "Content-Length: 1000") || strings.Contains(head, "Connection") || len(body) != 1000 {
		t.Errorf("%d bytes after %s", len(body), head)
	}
	getBroken(t, url+"/file/d?size=1000&fin=400", 400)
	wantContent(t, get(t, url+"/file/d?size=1000&fin=400"), 0, 0, 1000)
}

func TestCutEach(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=1000&cuteach=400"
	for range 2 {
		getBroken(t, url, 400)
	}
	wantContent(t, getBroken(t, url, 400, "Range", "bytes=300-"), 0, 300, 700)
	wantContent(t, get(t, url, "Range", "bytes=600-"), 0, 600, 1000)
}

func TestRangeCap(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=1000&rangecap=300"
	part := get(t, url, "Range", "bytes=100-")
	wantHeader(t, part, "Content-Range", "bytes 100-399/1000")
	wantContent(t, part, 0, 100, 400)
	wantContent(t, get(t, url, "Range", "bytes=100-899"), 0, 100, 900)
	wantContent(t, get(t, url, "Range", "bytes=900-"), 0, 900, 1000)
	wantContent(t, get(t, url), 0, 0, 1000)
}

func TestNodes(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=10&etagnode=2"
	first, second, third := get(t, url), get(t, url), get(t, url)
	etags := []string{first.Header.Get("ETag"), second.Header.Get("ETag"), third.Header.Get("ETag")}
	if etags[0] == etags[1] || etags[0] != etags[2] {
		t.Error(etags)
	}
	wantStatus(t, get(t, url, "Range", "bytes=5-", "If-Range", etags[0]), 200)
	wantStatus(t, get(t, url, "Range", "bytes=5-", "If-Range", etags[0]), 206)
}

func TestReplacedQuietly(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=1000&seed=7&replaceafter=1&replacequiet=1"
	first, second := get(t, url), get(t, url)
	wantContent(t, second, 8, 0, 1000)
	for _, name := range []string{"ETag", "Last-Modified"} {
		wantHeader(t, second, name, first.Header.Get(name))
	}
}

func TestValidatorsOfPartsOnly(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=1000&partvalidators=1"
	for _, name := range []string{"ETag", "Last-Modified"} {
		wantHeader(t, get(t, url), name, "")
		if get(t, url, "Range", "bytes=5-").Header.Get(name) == "" {
			t.Errorf("no %s with 206", name)
		}
	}
}

func TestOnce(t *testing.T) {
	_, url := start(t)
	if _, err := do(t, http.MethodHead, url+"/file/a?size=10&once=1", nil); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, get(t, url+"/file/a?size=10&once=1"), 403)
	if _, err := do(t, http.MethodOptions, url+"/file/b?size=10&once=1", nil); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, get(t, url+"/file/b?size=10&once=1"), 200)
	wantStatus(t, get(t, url+"/file/b?size=10&once=1"), 403)
}

func TestExpires(t *testing.T) {
	_, url := start(t)
	wantStatus(t, get(t, fmt.Sprintf("%s/file/a?size=10&expires=%d", url, time.Now().Add(time.Hour).UnixMilli())), 200)
	wantStatus(t, get(t, fmt.Sprintf("%s/file/a?size=10&expires=%d", url, time.Now().UnixMilli())), 403)
}

func TestAuthorization(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=10&authorization=token"
	wantStatus(t, get(t, url), 401)
	wantStatus(t, get(t, url, "Authorization", "other"), 401)
	wantStatus(t, get(t, url, "Authorization", "token"), 200)
}

func TestCookie(t *testing.T) {
	_, url := start(t)
	url += "/file/a?size=10&cookie=session%3D1"
	wantStatus(t, get(t, url), 401)
	wantStatus(t, get(t, url, "Cookie", "session=2"), 401)
	wantStatus(t, get(t, url, "Cookie", "other=1; session=1"), 200)
}

func TestClock(t *testing.T) {
	_, url := start(t)
	answer := get(t, url+"/file/a?status=503&retrydate=60&clock=-7200")
	date, err := http.ParseTime(answer.Header.Get("Date"))
	later, err2 := http.ParseTime(answer.Header.Get("Retry-After"))
	if err != nil || err2 != nil || later.Sub(date).Round(2*time.Second) != time.Minute {
		t.Errorf("%v, %v", date, later)
	}
	if behind := time.Since(date).Round(time.Minute); behind != 2*time.Hour {
		t.Errorf("it is %v behind", behind)
	}
}

func TestHeadersForOthers(t *testing.T) {
	server, url := start(t)
	url += "/file/a?size=10&cors=1&corsorigin=1&timing=*"
	wantHeader(t, get(t, url), "Access-Control-Allow-Origin", "")
	answer := get(t, url, "Origin", "https://elsewhere.example", "Accept-Encoding", "identity")
	wantHeader(t, answer, "Access-Control-Allow-Origin", "*")
	wantHeader(t, answer, "Timing-Allow-Origin", "*")
	if entry := lastEntry(t, server, "a"); entry.AcceptEncoding != "identity" {
		t.Errorf("%+v", entry)
	}
}
