package faultserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"time"
)

// receive reads the body of the request and logs what it was. The outcome is
// Complete when all of it arrived.
func (a *answer) receive() (Upload, Outcome) {
	upload := Upload{ContentType: a.r.Header.Get("Content-Type")}
	reader := &uploadReader{answer: a, hash: sha256.New(), begun: time.Now()}
	upload.Parts = readForm(reader, upload.ContentType)
	_, err := io.Copy(io.Discard, reader)
	upload.Bytes = reader.received
	if err == nil {
		upload.SHA256 = hex.EncodeToString(reader.hash.Sum(nil))
	}
	a.server.journal.update(a.entry, func(e *Entry) { e.Upload = &upload })
	var planned fault
	switch {
	case err == nil:
		return upload, Complete
	case errors.As(err, &planned):
		return upload, Outcome(planned)
	case errors.Is(context.Cause(a.ctx), errBroken):
		return upload, Broken
	}
	return upload, ClientLeft
}

// uploadReader reads a request body: paced, counted, hashed, and cut where that
// is due.
type uploadReader struct {
	answer   *answer
	hash     hash.Hash
	received int64
	begun    time.Time
	err      error // stays
}

// Read reads from the body. Its error can be a fault.
func (u *uploadReader) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.read(p)
	u.received += int64(n)
	u.hash.Write(p[:n])
	u.err = err
	return n, err
}

func (u *uploadReader) read(p []byte) (int, error) {
	a := u.answer
	for _, offset := range a.options.uploadCut {
		if offset > u.received {
			p = p[:min(int64(len(p)), offset-u.received)]
			continue
		}
		key := faultKey{"upload-cut", offset}
		if offset == u.received && a.server.journal.takeFault(a.name, key, a.options.cutCount) {
			return 0, fault(Cut)
		}
	}
	if rate := a.options.uploadRate; rate > 0 {
		p = p[:min(int64(len(p)), max(rate/50, 1))]
		due := u.begun.Add(time.Duration(float64(u.received) / float64(rate) * float64(time.Second)))
		if err := wait(a.ctx, time.Until(due)); err != nil {
			return 0, err
		}
	}
	return a.r.Body.Read(p)
}

// readForm lists the parts of a form that has parts. What it cannot read stays
// in reader.
func readForm(reader *uploadReader, contentType string) []Part {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || mediaType != "multipart/form-data" {
		return nil
	}
	form := multipart.NewReader(reader, parameters["boundary"])
	var parts []Part
	for {
		part, err := form.NextRawPart()
		if err != nil {
			return parts
		}
		sum := sha256.New()
		n, err := io.Copy(sum, part)
		if err != nil {
			return parts
		}
		parts = append(parts, Part{
			Name: part.FormName(), Filename: part.FileName(), ContentType: part.Header.Get("Content-Type"),
			Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil)),
		})
	}
}
