package faultserver

import (
	"errors"
	"io"
)

// Brotli without compression: a stream of uncompressed meta-blocks is a content
// coding like any other to a client, and takes no encoder.
//
// Source: RFC 7932, section 9

// brotliBlock is the length of the longest meta-block that is written.
const brotliBlock = 1 << 16

var errBrotli = errors.New("not a brotli stream of uncompressed meta-blocks")

// brotliWriter writes each piece it is given as meta-blocks, and ends the stream
// when closed.
type brotliWriter struct {
	w     io.Writer
	begun bool
}

func (b *brotliWriter) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		block := p[n:min(len(p), n+brotliBlock)]
		// ISLAST 0, MNIBBLES 0 (that is 4), MLEN-1 in 16 bits, ISUNCOMPRESSED 1.
		bits := uint32(len(block)-1)<<3 | 1<<19
		if !b.begun {
			b.begun = true
			bits <<= 1 // WBITS, 0 for 16
		}
		if _, err := b.w.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16)}); err != nil {
			return n, err
		}
		written, err := b.w.Write(block)
		if n += written; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (b *brotliWriter) Close() error {
	last := byte(0b11) // ISLAST, ISLASTEMPTY
	if !b.begun {
		last <<= 1
	}
	_, err := b.w.Write([]byte{last})
	return err
}

// BrotliReader decodes what this server sends as brotli.
type BrotliReader struct {
	Source io.Reader
	begun  bool
	ended  bool
	left   int
}

func (b *BrotliReader) Read(p []byte) (int, error) {
	if b.left == 0 && !b.ended {
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.Source.Read(p[:min(len(p), b.left)])
	b.left -= n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next reads the header of a meta-block.
func (b *BrotliReader) next() error {
	var head [3]byte
	if _, err := io.ReadFull(b.Source, head[:1]); err != nil {
		return io.ErrUnexpectedEOF
	}
	shift := 0
	if !b.begun {
		b.begun, shift = true, 1
	}
	if head[0]>>shift == 0b11 {
		b.ended = true
		return nil
	}
	if _, err := io.ReadFull(b.Source, head[1:]); err != nil {
		return io.ErrUnexpectedEOF
	}
	bits := (uint32(head[0]) | uint32(head[1])<<8 | uint32(head[2])<<16) >> shift
	if bits&0b111 != 0 || bits>>19 != 1 {
		return errBrotli
	}
	b.left = int(bits>>3&0xffff) + 1
	return nil
}
