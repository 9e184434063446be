package faultserver

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
)

// codings are those that the server can encode in.
var codings = []string{"gzip", "br"}

// contentCoding is the coding that the URL asks for and the client accepts, or "".
func (a *answer) contentCoding() string {
	coding := ""
	switch {
	case a.options.gzip:
		coding = "gzip"
	case a.options.brotli:
		coding = "br"
	}
	if a.r.Header.Get("Range") != "" || !slices.Contains(strings.Fields(strings.ReplaceAll(a.r.Header.Get("Accept-Encoding"), ",", " ")), coding) {
		return ""
	}
	return coding
}

// stored returns what an object consists of that is kept encoded: a Source of
// encoded bytes, which is the same one for the same content.
func (s *Server) stored(source Source, coding string) Source {
	content, generated := source.(Content)
	key := encodedContent{content, coding}
	if known, ok := s.encoded.Load(key); ok && generated {
		return known.(Source)
	}
	var text bytes.Buffer
	_ = copyEncoded(&text, source, coding) // a buffer does not fail
	encoded := bytes.NewReader(text.Bytes())
	if !generated {
		return encoded
	}
	known, _ := s.encoded.LoadOrStore(key, encoded)
	return known.(Source)
}

// encodedContent is generated content in a content coding.
type encodedContent struct {
	content Content
	coding  string
}

// encodedLength returns how long source is in a content coding.
func (s *Server) encodedLength(source Source, coding string) int64 {
	content, generated := source.(Content)
	key := encodedContent{content, coding}
	if known, ok := s.encodedSize.Load(key); ok && generated {
		return known.(int64)
	}
	var length counter
	_ = copyEncoded(&length, source, coding) // counting does not fail
	if generated {
		s.encodedSize.Store(key, int64(length))
	}
	return int64(length)
}

// copyEncoded writes a source in a content coding: "gzip", or "br".
func copyEncoded(w io.Writer, source Source, coding string) error {
	var encoder io.WriteCloser = &brotliWriter{w: w}
	if coding == "gzip" {
		encoder, _ = gzip.NewWriterLevel(w, gzip.HuffmanOnly) // a level that there is
	}
	if err := copySpan(encoder, source, span{0, source.Size()}); err != nil {
		return err
	}
	return encoder.Close()
}
