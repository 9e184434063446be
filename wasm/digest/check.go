// Package digest checks bodies: against Subresource Integrity, and against the hashes of
// their pieces. A hash can be stored and goes on where it was.
package digest

import (
	"encoding"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// Check is what the body of a request is checked against: its integrity metadata, the
// hashes of its pieces, both, or nothing.
type Check struct {
	integrity *digests
	pieces    *pieces
}

// ParseCheck parses what a request asks for. The error says what is wrong with it.
func ParseCheck(request bgfetch.Request) (Check, error) {
	integrity, err := parseIntegrity(request.Integrity)
	if err != nil {
		return Check{}, fmt.Errorf("the integrity of the request for %s: %w", request.URL, err)
	}
	pieces, err := parsePieces(request.Pieces)
	if err != nil {
		return Check{}, fmt.Errorf("options.pieces for %s: %w", request.URL, err)
	}
	return Check{integrity, pieces}, nil
}

// Asked says that the body is checked: no byte of it is exposed before it has proved right.
func (c Check) Asked() bool { return c.integrity != nil || c.pieces != nil }

// IsPiecewise says that it is checked by pieces alone: each of them may be read before others are
// there.
func (c Check) IsPiecewise() bool { return c.integrity == nil && c.pieces != nil }

// Readable returns those of the segments, which follow one another, that may be read before the
// record in that state has its result: the first ones, whose pieces are verified.
func (c Check) Readable(segments []bgfetch.Segment, state *bgfetch.RecordState) []bgfetch.Segment {
	switch {
	case !c.Asked():
		return segments
	case !c.IsPiecewise():
		return nil
	}
	for i, s := range segments {
		for index, last := c.PiecesOf(s); index <= last; index++ {
			if !c.IsVerified(state, index) {
				return segments[:i]
			}
		}
	}
	return segments
}

// Given are the Pieces that the request had, or nil.
func (c Check) Given() *bgfetch.Pieces {
	if c.pieces == nil {
		return nil
	}
	return c.pieces.Pieces
}

// IsHashed says that the whole body is hashed, in order.
func (c Check) IsHashed() bool { return c.integrity != nil }

// Restore makes the hash of the whole body as saved has it, and says how many bytes it has seen.
// saved may be nil.
func (c Check) Restore(saved *bgfetch.Digest) (h hash.Hash, hashed int64) {
	h = c.integrity.new()
	if saved != nil {
		if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(saved.State); err == nil {
			return h, saved.Hashed
		}
		h.Reset()
	}
	return h, 0
}

// ForgetLost drops what is known of bytes that are not stored any more: what replaces them is hashed
// again.
func (c Check) ForgetLost(state *bgfetch.RecordState) {
	data := &state.Response
	if start, _ := ranges.FirstGap(data.Segments); state.Digest != nil && state.Digest.Hashed > start {
		state.Digest = nil
	}
	if len(state.Verified.Pieces) == 0 {
		return
	}
	var whole []bgfetch.PieceRun
	for _, run := range ranges.Runs(data.Segments) {
		whole = append(whole, c.WholePieces(run, data.Length))
	}
	state.Verified.Pieces = commonPieces(state.Verified.Pieces, whole)
}

// SaveHash is the state of a hash that has seen the first hashed bytes of a body.
func SaveHash(h hash.Hash, hashed int64) *bgfetch.Digest {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil { // hashes of the standard library can be marshalled
		panic(err)
	}
	return &bgfetch.Digest{Hashed: hashed, State: state}
}

var ErrWrongBody = errors.New("the body does not match the request's integrity")

// Judge says whether a body all of which the hash has seen is the right one.
//
// Source: https://www.w3.org/TR/SRI/#do-bytes-match-metadatalist
func (c Check) Judge(h hash.Hash) error {
	sum := h.Sum(nil)
	if slices.ContainsFunc(c.integrity.values, func(value []byte) bool { return slices.Equal(value, sum) }) {
		return nil
	}
	return fmt.Errorf("%w: its hash is %s-%s", ErrWrongBody, c.integrity.name, base64.StdEncoding.EncodeToString(sum))
}

// Limit is how long a segment that begins at offset may be, up to length: it ends with
// its piece.
func (c Check) Limit(offset, length int64) int64 {
	if c.pieces == nil {
		return length
	}
	return min(length, c.pieces.Length-offset%c.pieces.Length)
}
