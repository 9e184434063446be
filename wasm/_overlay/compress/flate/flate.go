// Package flate stands in for compress/flate where the program is built for the browser:
// archive/zip and net/http name it, but the program's ZIP files only store, and the
// browser decodes what it fetches. Left out are the compressor and the decompressor.
package flate

import (
	"errors"
	"io"
)

var errNone = errors.New("flate: this program was built without compression")

// The levels of compression that compress/gzip names.
const (
	NoCompression      = 0
	BestSpeed          = 1
	BestCompression    = 9
	DefaultCompression = -1
	HuffmanOnly        = -2
)

// Reader is what a decompressor reads from.
type Reader interface {
	io.Reader
	io.ByteReader
}

// Resetter is what a decompressor is besides.
type Resetter interface {
	Reset(r io.Reader, dict []byte) error
}

type decompressor struct{}

// NewReader returns a decompressor that reads nothing.
func NewReader(io.Reader) io.ReadCloser { return decompressor{} }

func (decompressor) Read([]byte) (int, error)      { return 0, errNone }
func (decompressor) Close() error                  { return nil }
func (decompressor) Reset(io.Reader, []byte) error { return nil }

// Writer is a compressor that writes nothing.
type Writer struct{}

// NewWriter returns an error.
func NewWriter(io.Writer, int) (*Writer, error) { return nil, errNone }

func (*Writer) Write([]byte) (int, error) { return 0, errNone }
func (*Writer) Flush() error              { return errNone }
func (*Writer) Close() error              { return errNone }
func (*Writer) Reset(io.Writer)           {}
