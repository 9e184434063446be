package faultserver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// chunkSize is how much is generated and written at a time, at most.
const chunkSize = 128 << 10

// fault is the error of a body that was ended on purpose.
type fault Outcome

func (f fault) Error() string { return string(f) }

// body writes the bytes of a resource to a client: paced, counted, and ended
// where a fault is due.
type body struct {
	ctx     context.Context
	server  *Server
	name    string
	options *options
	entry   *Entry
	w       http.ResponseWriter
	rc      *http.ResponseController

	offset int64 // in the resource, of the next byte
	sent   int64 // in this answer
	begun  time.Time
}

// Write sends p. Its error is a fault, or that of the connection.
func (b *body) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		piece := p[:min(len(p), b.pieceSize())]
		kind, at := b.nextFault(int64(len(piece)))
		if kind != "" {
			piece = piece[:at-b.offset]
		}
		if err := b.send(b.corrupted(piece)); err != nil {
			return total - len(p), err
		}
		if kind != "" {
			return total - len(p), fault(kind)
		}
		p = p[len(piece):]
	}
	return total, nil
}

// wrongByte is the kind of a fault that changes a byte and ends nothing.
const wrongByte Outcome = "wrong byte"

// corrupted returns the next bytes with those changed that are to arrive wrong.
func (b *body) corrupted(piece []byte) []byte {
	for _, offset := range b.options.corrupt {
		inside := offset >= b.offset && offset < b.offset+int64(len(piece))
		if inside && b.server.journal.takeFault(b.name, faultKey{wrongByte, offset}, b.options.cutCount) {
			piece = bytes.Clone(piece)
			piece[offset-b.offset] ^= 1
		}
	}
	return piece
}

// paced says that the body is not sent at full speed.
func (b *body) paced() bool { return b.options.rate > 0 || b.options.link > 0 }

// linkName is the name whose link carries the body.
func (b *body) linkName() string { return cmp.Or(b.options.linkName, b.name) }

// pieceSize is small for a small rate, so that it looks even to the client.
func (b *body) pieceSize() int {
	size := int64(chunkSize)
	for _, rate := range []int64{b.options.rate, b.options.link} {
		if rate > 0 {
			size = min(size, max(rate/50, 1))
		}
	}
	return int(size)
}

// nextFault takes the first fault among the next n bytes; kind is "" if there
// is none.
func (b *body) nextFault(n int64) (kind Outcome, at int64) {
	for {
		kind, at = "", b.offset+n
		for _, list := range []struct {
			kind    Outcome
			offsets []int64
		}{{Cut, b.options.cut}, {Stalled, b.options.stall}, {Truncated, b.options.truncate}, {Closed, b.options.fin}, {Down, b.options.down}} {
			for _, offset := range list.offsets {
				key := faultKey{list.kind, offset}
				if offset >= b.offset && offset < at && b.server.journal.due(b.name, key, b.options.cutCount) {
					kind, at = list.kind, offset
				}
			}
		}
		if left := b.options.cutEach - b.sent; left >= 0 && b.offset+left < at {
			return Cut, b.offset + left
		}
		if kind == "" || b.server.journal.takeFault(b.name, faultKey{kind, at}, b.options.cutCount) {
			return kind, at
		}
	}
}

// send writes one piece and waits until the rate allows the next.
func (b *body) send(piece []byte) error {
	if err := context.Cause(b.ctx); err != nil {
		return err
	}
	n, err := b.w.Write(piece)
	if err == nil && b.paced() {
		err = b.rc.Flush()
	}
	b.offset += int64(n)
	b.sent += int64(n)
	b.server.journal.update(b.entry, func(e *Entry) { e.BytesSent = b.sent })
	if err != nil || !b.paced() {
		return err
	}
	var due time.Time
	if b.options.rate > 0 {
		due = b.begun.Add(time.Duration(float64(b.sent) / float64(b.options.rate) * float64(time.Second)))
	}
	if b.options.link > 0 {
		if passed := b.server.links.carry(b.linkName(), int64(n), b.options.link); passed.After(due) {
			due = passed
		}
	}
	return wait(b.ctx, time.Until(due))
}

// finish ends the exchange as the error of writing the body demands, and
// returns how it ended.
func (b *body) finish(err error) Outcome {
	if err == nil {
		err = b.rc.Flush()
	}
	var planned fault
	switch {
	case err == nil:
		return Complete
	case errors.As(err, &planned):
		_ = b.rc.Flush()
		return b.finishFault(Outcome(planned))
	case errors.Is(context.Cause(b.ctx), errBroken):
		reset(b.w)
		return Broken
	}
	reset(b.w)
	return ClientLeft
}

func (b *body) finishFault(kind Outcome) Outcome {
	switch kind {
	case Cut:
		resetDelivered(b.w)
	case Stalled:
		b.server.journal.update(b.entry, func(e *Entry) { e.Outcome = Stalled })
		<-b.ctx.Done()
		reset(b.w)
	case Down:
		b.server.connections.stop(b.name, time.Duration(b.options.downMS)*time.Millisecond)
		resetDelivered(b.w)
	case Truncated:
		if !b.options.chunked {
			closeOrderly(b.w)
		}
	case Closed:
		closeOrderly(b.w)
	}
	return kind
}

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// copySpan writes part of a source to w.
func copySpan(w io.Writer, source Source, part span) error {
	chunk := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(chunk)
	for offset := part.start; offset < part.end; {
		piece := chunk[:min(chunkSize, part.end-offset)]
		if n, err := source.ReadAt(piece, offset); n < len(piece) {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		offset += int64(len(piece))
	}
	return nil
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// wait sleeps, and returns why ctx ended if that comes first.
func wait(ctx context.Context, duration time.Duration) error {
	if duration <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
