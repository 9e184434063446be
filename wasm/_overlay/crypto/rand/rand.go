// Package rand stands in for crypto/rand where the program is built for the browser: what
// crypto.getRandomValues() gives needs nothing around it. Left out are Go's own generator,
// which is made of AES and takes its tests along, and large numbers.
package rand

import (
	"crypto/internal/sysrand"
	"io"
)

type reader struct{}

func (reader) Read(b []byte) (int, error) { return Read(b) }

// Reader reads random bytes of the browser.
var Reader io.Reader = reader{}

// Read fills b, and never returns an error.
func Read(b []byte) (int, error) {
	sysrand.Read(b)
	return len(b), nil
}

// Text returns 26 characters of base32, which is 130 random bits.
func Text() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	text := make([]byte, 26)
	Read(text)
	for i, value := range text {
		text[i] = alphabet[value%32]
	}
	return string(text)
}
