// Package boring stands in for crypto/internal/boring where the program is built for the
// browser: it is never BoringCrypto that hashes. Left out are the ciphers that the package
// names.
package boring

import "hash"

// Enabled is what the hashes ask first.
const Enabled = false

func NewSHA224() hash.Hash { panic("boring: not in this program") }
func NewSHA256() hash.Hash { panic("boring: not in this program") }
func NewSHA384() hash.Hash { panic("boring: not in this program") }
func NewSHA512() hash.Hash { panic("boring: not in this program") }

func SHA224([]byte) [28]byte { panic("boring: not in this program") }
func SHA256([]byte) [32]byte { panic("boring: not in this program") }
func SHA384([]byte) [48]byte { panic("boring: not in this program") }
func SHA512([]byte) [64]byte { panic("boring: not in this program") }
