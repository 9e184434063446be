package engine_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// livesFile is a version of a file.
type livesFile struct {
	body, encoded  []byte
	perByte        float64 // encoded bytes for each byte
	etag, modified string
}

// decoded is how many bytes can be decoded from the first n encoded ones.
func (f *livesFile) decoded(n int) int {
	return max(0, min(len(f.body), int(float64(n-livesHeader)/f.perByte+0.001)))
}

// livesBytes are some random bytes, which nobody may change.
func livesBytes(r *rand.Rand, n int) []byte {
	at := r.IntN(len(livesPool()) - n)
	return livesPool()[at : at+n : at+n]
}

func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// content is a body of that length.
func (s *livesServer) content(r *rand.Rand, n int) []byte {
	switch s.kind {
	case "sparse": // such as an image of a disk
		b := make([]byte, n)
		for range n / 50_000 {
			at := r.IntN(n)
			copy(b[at:], livesBytes(r, r.IntN(5000)))
		}
		return b
	case "repeating":
		return []byte(strings.Repeat(string(livesBytes(r, 512)), n/512+1))[:n]
	}
	return livesBytes(r, n)
}

// addFile adds a version, which is another one than the one before in a way.
func (s *livesServer) addFile(r *rand.Rand, how string, size int) {
	var body []byte
	if len(s.files) > 0 {
		before := s.files[len(s.files)-1].body
		switch how {
		case "same length":
			body = s.content(r, len(before))
		case "appended":
			body = append(append(body, before...), livesBytes(r, 1+r.IntN(100_000))...)
		case "shorter":
			body = before[:r.IntN(len(before)+1)]
		case "patched":
			body = append(body, before...)
			if len(body) > 0 {
				body[r.IntN(len(body))] ^= 1
			}
		case "empty":
			body = []byte{}
		}
	}
	if body == nil {
		body = s.content(r, size)
	}
	number := len(s.files)
	f := &livesFile{body: body, etag: fmt.Sprintf("v%d", number), modified: time.Date(2023, 1, 2+number, 3, 4, 5, 0, time.UTC).Format(http.TimeFormat)}
	if strings.HasSuffix(s.etag, "quiet") {
		f.etag = "v"
	}
	if s.modified == "quiet" {
		f.modified = time.Date(2023, 1, 2, 3, 4, 5, 0, time.UTC).Format(http.TimeFormat)
	}
	f.perByte = one(r, 0.3, 0.7, 1)
	content := body
	if f.perByte != 1 || chance(r, 50) {
		content = livesBytes(r, int(float64(len(body))*f.perByte+0.999))
	} // else the content as it is, as compressors store what does not compress
	f.encoded = append(append(append(f.encoded, livesBytes(r, livesHeader)...), content...), livesBytes(r, livesTrailer)...)
	s.files, s.how = append(s.files, f), append(s.how, how)
}

// current is the version that request n gets.
func (s *livesServer) current(n int) *livesFile {
	i := 0
	for i < len(s.replacedAt) && n >= s.replacedAt[i] {
		i++
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served = max(s.served, i)
	return s.files[i]
}
