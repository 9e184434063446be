package main

import (
	"fmt"
	"go/format"
	"strings"
)

// unrolledSHA256 is the compression function of SHA-256 for crypto/internal/fips140/sha256, sixteen rounds
// in a row: twice as fast in WebAssembly as Go's own, which moves eight variables after each round.
// docs/decisions/size.md has the figures.
//
// Source: FIPS 180-4, 6.2.2
func unrolledSHA256() string {
	var text strings.Builder
	line := func(format string, arguments ...any) { fmt.Fprintf(&text, format+"\n", arguments...) }
	rotated := func(x string, right int) string { return fmt.Sprintf("bits.RotateLeft32(%s, %d)", x, 32-right) }
	sum := func(x string, i, j, k int) string {
		return fmt.Sprintf("(%s ^ %s ^ %s)", rotated(x, i), rotated(x, j), rotated(x, k))
	}
	mixed := func(x string, i, j, shift int) string {
		return fmt.Sprintf("(%s ^ %s ^ %s>>%d)", rotated(x, i), rotated(x, j), x, shift)
	}
	w := func(t int) string { return fmt.Sprintf("w[%d]", t%16) }

	line("package sha256\n\nimport \"math/bits\"\n")
	line("func block(dig *Digest, p []byte) {")
	line("var w [16]uint32")
	line("for len(p) >= chunk {")
	line("q := (*[chunk]byte)(p)")
	line("a, b, c, d, e, f, g, h := dig.h[0], dig.h[1], dig.h[2], dig.h[3], dig.h[4], dig.h[5], dig.h[6], dig.h[7]")
	for _, isFirst := range []bool{true, false} {
		if isFirst {
			line("k := (*[16]uint32)(_K[:])")
		} else {
			line("for i := 16; i < 64; i += 16 {")
			line("k := (*[16]uint32)(_K[i:])")
		}
		names := strings.Split("abcdefgh", "")
		for t := range 16 {
			if isFirst {
				line("w[%d] = uint32(q[%d])<<24 | uint32(q[%d])<<16 | uint32(q[%d])<<8 | uint32(q[%d])", t, 4*t, 4*t+1, 4*t+2, 4*t+3)
			} else {
				line("%s += %s + %s + %s", w(t), mixed(w(t+14), 17, 19, 10), w(t+9), mixed(w(t+1), 7, 18, 3))
			}
			a, b, c, d, e, f, g, h := names[0], names[1], names[2], names[3], names[4], names[5], names[6], names[7]
			line("%s += %s + (%s&(%s^%s) ^ %s) + k[%d] + %s", h, sum(e, 6, 11, 25), e, f, g, g, t, w(t))
			line("%s += %s", d, h)
			line("%s += %s + (%s&%s | %s&(%s|%s))", h, sum(a, 2, 13, 22), a, b, c, a, b)
			names = append(names[7:], names[:7]...)
		}
	}
	line("}")
	for i, name := range strings.Split("abcdefgh", "") {
		line("dig.h[%d] += %s", i, name)
	}
	line("p = p[chunk:]\n}\n}")
	formatted, err := format.Source([]byte(text.String()))
	if err != nil { // it is the same at each call
		panic(err)
	}
	return string(formatted)
}
