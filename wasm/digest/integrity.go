package digest

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"slices"
	"strings"
)

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

// digests is what a request's integrity metadata ask for: one of the digests,
// made by the strongest algorithm that is named.
type digests struct {
	digestAlgorithm
	values [][]byte
}

// parseIntegrity parses integrity metadata; nil asks for nothing. Algorithms that
// are not known are passed over, as browsers do; a digest that cannot be one, and
// metadata in which nothing is known, are an error.
//
// Source: https://www.w3.org/TR/SRI/#parse-metadata
func parseIntegrity(metadata string) (*digests, error) {
	tokens := strings.Fields(metadata)
	best := -1
	var found digests
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
			best, found = strength, digests{digestAlgorithm: algorithm}
		}
		if strength == best {
			found.values = append(found.values, digest)
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
