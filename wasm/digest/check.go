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

// Asked says that the body is checked: nothing of its response is exposed before all of
// it has proved right.
func (c Check) Asked() bool { return c.integrity != nil || c.pieces != nil }

// Given are the Pieces that the request had, or nil.
func (c Check) Given() *bgfetch.Pieces {
	if c.pieces == nil {
		return nil
	}
	return c.pieces.Pieces
}

// hash makes the hash that the body is checked by, which has seen nothing yet; nil where
// nothing is checked.
func (c Check) hash() hash.Hash {
	var whole hash.Hash
	if c.integrity != nil {
		whole = c.integrity.new()
	}
	if c.pieces == nil {
		return whole
	}
	return c.pieces.hash(whole)
}

// Restore makes that hash as saved has it, and says how many bytes of the body it has
// seen. saved may be nil.
func (c Check) Restore(saved *bgfetch.Digest) (h hash.Hash, hashed int64) {
	h = c.hash()
	if saved != nil {
		if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(saved.State); err == nil {
			return h, saved.Hashed
		}
		h.Reset()
	}
	return h, 0
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

// Judge says whether a body of that length, all of which the hash has seen, is the right
// one. The error is WrongPieces where pieces alone are wrong. No other bytes may follow.
//
// Source: https://www.w3.org/TR/SRI/#do-bytes-match-metadatalist
func (c Check) Judge(h hash.Hash, length int64) error {
	if inPieces, ok := h.(*pieceHash); ok {
		if err := c.pieces.countPieces(length); err != nil {
			return err
		}
		if wrong := inPieces.end(); len(wrong) > 0 {
			return WrongPieces(wrong)
		}
	}
	if c.integrity == nil {
		return nil
	}
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

// PiecesOf are the indexes of the first and the last piece that the segment has bytes of.
func (c Check) PiecesOf(s bgfetch.Segment) (first, last int) {
	return int(s.Offset / c.pieces.Length), int((s.Offset + s.Length - 1) / c.pieces.Length)
}
