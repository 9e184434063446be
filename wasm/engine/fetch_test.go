package engine

import (
	"strings"
	"testing"
)

func TestIsUniqueID(t *testing.T) {
	for text, want := range map[string]bool{
		"7f9c2ba4-e88f-4a5b-a9d3-b8c2e1f0a6d7": true,
		"a":                                    true,
		"_-0Z":                                 true,
		strings.Repeat("x", 64):                true,
		strings.Repeat("x", 65):                false,
		"":                                     false,
		"a/b":                                  false,
		"..":                                   false,
		"a b":                                  false,
		"ä":                                    false,
		"a\n":                                  false,
	} {
		if got := isUniqueID(text); got != want {
			t.Errorf("isUniqueID(%q) = %v", text, got)
		}
	}
}
