// Package idna stands in for golang.org/x/net/idna where the program is built for
// the browser, as wasm/_notls does for crypto/tls: the browser has made the host of
// every URL ASCII before Go sees it, and the tables of Unicode are large
// (docs/decisions/size.md).
package idna

import "errors"

var errNotASCII = errors.New("idna: this program was built without tables: hosts come from the browser, in ASCII")

// Profile is not more than its name: there is one.
type Profile struct{}

// Lookup is the profile that net/http uses.
var Lookup = &Profile{}

// ToASCII returns a host that is ASCII as it is.
func (*Profile) ToASCII(host string) (string, error) { return ToASCII(host) }

// ToASCII returns a host that is ASCII as it is.
func ToASCII(host string) (string, error) {
	for i := range len(host) {
		if host[i] >= 0x80 {
			return "", errNotASCII
		}
	}
	return host, nil
}
