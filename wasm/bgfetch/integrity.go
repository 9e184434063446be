package bgfetch

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding"
	"encoding/base64"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// Digest is the state of the hash over the first Hashed bytes of a body, so that
// it goes on after a restart.
type Digest struct {
	Hashed int64  `json:"hashed"`
	State  []byte `json:"state"`
}

type digestAlgorithm struct {
	name string
	new  func() hash.Hash
}

// digestAlgorithms are those of Subresource Integrity, the strongest last.
var digestAlgorithms = []digestAlgorithm{
	{"sha256", sha256.New},
	{"sha384", sha512.New384},
	{"sha512", sha512.New},
}

// integrity is what a request's integrity metadata ask for: one of the digests,
// made by the strongest algorithm that is named.
type integrity struct {
	new     func() hash.Hash
	digests [][]byte
}

// parseIntegrity parses integrity metadata; nil asks for nothing. Algorithms that
// are not known are passed over, as browsers do; a digest that cannot be one, and
// metadata in which nothing is known, are an error.
//
// Source: https://www.w3.org/TR/SRI/#parse-metadata
func parseIntegrity(metadata string) (*integrity, error) {
	tokens := strings.Fields(metadata)
	best := -1
	var found integrity
	for _, token := range tokens {
		name, value, _ := strings.Cut(token, "-")
		value, _, _ = strings.Cut(value, "?")
		strength := slices.IndexFunc(digestAlgorithms, func(a digestAlgorithm) bool { return a.name == strings.ToLower(name) })
		if strength < 0 {
			continue
		}
		algorithm := digestAlgorithms[strength]
		digest, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(value))
		if err != nil || len(digest) != algorithm.new().Size() {
			return nil, fmt.Errorf("%q is not a base64 %s digest", token, algorithm.name)
		}
		if strength > best {
			best, found = strength, integrity{new: algorithm.new}
		}
		if strength == best {
			found.digests = append(found.digests, digest)
		}
	}
	switch {
	case best >= 0:
		return &found, nil
	case len(tokens) > 0:
		return nil, fmt.Errorf("%q has no sha256, sha384 or sha512 digest", metadata)
	}
	return nil, nil
}

// verified says that the body of this request is checked: nothing of its response
// is exposed before all of it has proved right.
func (r *record) verified() bool { return r.integrity != nil || r.pieces != nil }

// newHash makes the hash that a body is checked by.
func (r *record) newHash() hash.Hash {
	var whole hash.Hash
	if r.integrity != nil {
		whole = r.integrity.new()
	}
	if r.pieces == nil {
		return whole
	}
	return r.pieces.hash(whole)
}

// hasher returns the hash that has seen the first offset bytes of the body, nil
// where there is none: then the stored bytes are hashed at the end.
func (a *attempt) hasher(offset int64) hash.Hash {
	if !a.verified() {
		return nil
	}
	if h, hashed := a.restoreHash(); hashed == offset {
		return h
	}
	return nil
}

// restoreHash returns the hash as the record's state has it.
func (a *attempt) restoreHash() (hash.Hash, int64) {
	h := a.newHash()
	if digest := a.next.Digest; digest != nil {
		if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(digest.State); err == nil {
			return h, digest.Hashed
		}
		h.Reset()
	}
	return h, 0
}

// newDigest is the state of a hash that has seen the first hashed bytes of a body.
func newDigest(h hash.Hash, hashed int64) *Digest {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil { // hashes of the standard library can be marshalled
		panic(err)
	}
	return &Digest{Hashed: hashed, State: state}
}

// verify checks the complete, stored body. The error says what is wrong with it.
//
// Source: https://www.w3.org/TR/SRI/#do-bytes-match-metadatalist
func (a *attempt) verify(ctx context.Context) error {
	if !a.verified() {
		return nil
	}
	h, hashed := a.restoreHash()
	for _, segment := range a.next.Response.Segments {
		if segment.Offset+segment.Length <= hashed {
			continue
		}
		if segment.Offset != hashed {
			return fmt.Errorf("the stored body has a gap at byte %d", hashed)
		}
		key := a.key(a.next.Response.Generation, segment)
		if err := a.engine.Bodies.Read(ctx, a.fetch.state.UniqueID, key, h); err != nil {
			return fmt.Errorf("the stored body cannot be read: %w", err)
		}
		hashed += segment.Length
	}
	if inPieces, ok := h.(*pieceHash); ok {
		if err := a.pieces.countPieces(hashed); err != nil {
			return err
		}
		if wrong := inPieces.end(); len(wrong) > 0 {
			return wrongPieces(wrong)
		}
	}
	if a.integrity == nil {
		return nil
	}
	sum := h.Sum(nil)
	if slices.ContainsFunc(a.integrity.digests, func(digest []byte) bool { return slices.Equal(digest, sum) }) {
		return nil
	}
	return fmt.Errorf("the body is not what the request's integrity says (%s)", a.request.Integrity)
}
