package faultserver

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
)

// Source is the content of a resource. *bytes.Reader is one.
type Source interface {
	io.ReaderAt
	// Size is the length in bytes.
	Size() int64
}

// Content is a generated Source. The bytes depend on seed and offset alone, so
// a longer content of the same seed begins with the shorter one.
type Content struct {
	Seed   uint64
	Length int64
	// Text makes letters a to p of it.
	Text bool
	// WAV makes its first 44 bytes the head of a sound: PCM, mono, of one byte for
	// each sample, 44,100 samples a second. The rest is noise.
	WAV bool
}

const (
	wavHeadLength = 44
	wavRate       = 44100
)

// wavHead is the head of the sound that the content is.
func (c Content) wavHead() []byte {
	var head []byte
	data := uint32(max(0, c.Length-wavHeadLength))
	head = append(head, "RIFF"...)
	head = binary.LittleEndian.AppendUint32(head, data+wavHeadLength-8)
	head = append(head, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...) // PCM, mono
	head = binary.LittleEndian.AppendUint32(head, wavRate)
	head = binary.LittleEndian.AppendUint32(head, wavRate) // bytes per second
	head = append(head, "\x01\x00\x08\x00data"...)         // 8 bits
	return binary.LittleEndian.AppendUint32(head, data)
}

// Size returns the length in bytes.
func (c Content) Size() int64 { return c.Length }

// ReadAt fills p with the content from off on.
func (c Content) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= c.Length {
		return 0, io.EOF
	}
	var err error
	if int64(len(p)) > c.Length-off {
		p, err = p[:c.Length-off], io.EOF
	}
	n := len(p)
	if c.WAV && off < wavHeadLength {
		defer func(p []byte) { copy(p, c.wavHead()[off:]) }(p)
	}
	counter := uint64(off) / 8
	if skip := off % 8; skip != 0 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], c.word(counter))
		p = p[copy(p, word[skip:]):]
		counter++
	}
	for ; len(p) >= 8; p = p[8:] {
		binary.LittleEndian.PutUint64(p, c.word(counter))
		counter++
	}
	if len(p) > 0 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], c.word(counter))
		copy(p, word[:])
	}
	return n, err
}

// word returns the eight bytes at offset 8*counter: SplitMix64 of the counter.
func (c Content) word(counter uint64) uint64 {
	z := (c.Seed<<40 ^ c.Seed + counter + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	if c.Text {
		z = z&0x0f0f0f0f0f0f0f0f + 0x6161616161616161
	}
	return z
}

// SHA256 returns the hash, in hex, of the content that /file/<name> has for
// seed and size.
func SHA256(seed uint64, size int64) string {
	return HashSource(Content{Seed: seed, Length: size})
}

// HashSource returns the SHA-256 of a whole source in hex.
func HashSource(source Source) string {
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(source, 0, source.Size())); err != nil {
		panic(err) // neither a hash nor content in memory can fail
	}
	return hex.EncodeToString(hash.Sum(nil))
}
