package digest

import (
	"strings"
	"testing"
)

func FuzzIntegrity(f *testing.F) {
	f.Add("sha256-AAAA sha512-" + strings.Repeat("A", 88))
	f.Add("sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU?x")
	f.Fuzz(func(t *testing.T, metadata string) {
		parsed, err := parseIntegrity(metadata)
		if parsed == nil || err != nil {
			return
		}
		for _, digest := range parsed.values {
			if len(digest) != parsed.new().Size() {
				t.Fatalf("%q: a digest of %d bytes", metadata, len(digest))
			}
		}
	})
}
