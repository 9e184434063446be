//go:build js && wasm

package browser

import (
	"encoding/base64"
	"errors"
	"strconv"

	"background-fetch-wasm/wasm/bgfetch"
)

// lined is a result that comes as lines (hostcalls.ts): of what is asked for each record, decoding
// JSON would be a good part of the work.
type lined interface{ read(lines []string) error }

// opened is the result of "open".
type opened struct {
	transferArgs
	Head bgfetch.Head `json:"head"`
	// Length is that of the body, where it was stored.
	Length int64 `json:"length,omitempty"`
	Whole  bool  `json:"whole,omitempty"`
}

// saved is the result of "save".
type saved struct {
	bgfetch.Saved
	putArgs
}

var errLines = errors.New("its lines are not what they should be")

// read takes the number, two lines of what is stored, five of the head, and two for each header field.
func (o *opened) read(lines []string) (err error) {
	const fixed = 8
	if len(lines) < fixed || (len(lines)-fixed)%2 != 0 {
		return errLines
	}
	head := &o.Head
	o.Whole = lines[2] == "true"
	head.URL, head.Type, head.Redirected, head.StatusText = lines[3], bgfetch.ResponseType(lines[4]), lines[5] == "true", lines[7]
	if fields := lines[fixed:]; len(fields) > 0 {
		head.Headers = make([]bgfetch.Header, len(fields)/2)
		for i := range head.Headers {
			head.Headers[i] = bgfetch.Header{fields[2*i], fields[2*i+1]}
		}
	}
	o.Transfer, err = strconv.Atoi(lines[0])
	if err == nil {
		o.Length, err = strconv.ParseInt(lines[1], 10, 64)
	}
	if err == nil {
		head.Status, err = strconv.Atoi(lines[6])
	}
	return err
}

// read takes the length, whether the body has ended, whether it is whole, the number of the put, and the
// hash.
func (s *saved) read(lines []string) (err error) {
	const all = 5
	if len(lines) != all {
		return errLines
	}
	s.End, s.Whole = lines[1] == "true", lines[2] == "true"
	s.Length, err = strconv.ParseInt(lines[0], 10, 64)
	if err == nil {
		s.Put, err = strconv.Atoi(lines[3])
	}
	if err == nil && lines[4] != "" {
		s.Sum, err = base64.StdEncoding.DecodeString(lines[4])
	}
	return err
}
