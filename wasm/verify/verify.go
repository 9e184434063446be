// Package verify hashes stored bodies: what of them was not hashed when it came, and pieces while
// others come.
package verify

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/ranges"
)

// ErrUnreadable: the storage does not give what it has.
var ErrUnreadable = errors.New("the stored body cannot be read")

// Body is a stored body, and what it is checked against.
type Body struct {
	Bodies bgfetch.Bodies
	Place  bgfetch.Place
	Check  digest.Check
}

// Hasher returns the hash that has seen the first offset bytes of the body, nil where there is none:
// then the stored bytes are hashed at the end.
func (b Body) Hasher(state *bgfetch.RecordState, offset int64) hash.Hash {
	if !b.Check.IsHashed() {
		return nil
	}
	if h, hashed := b.Check.Restore(state.Digest); hashed == offset {
		return h
	}
	return nil
}

// All checks a body all of which is stored, so far as it is not known to be right. What it finds out
// is noted in state, and then noted is called, so that another call goes on there. The error is
// ErrUnreadable, also bgfetch.ErrLost where something is not stored, or digest.WrongPieces, or
// says what is wrong with the body.
func (b Body) All(ctx context.Context, state *bgfetch.RecordState, noted func()) error {
	if err := b.Check.CountPieces(state.Response.Length); err != nil {
		return err
	}
	if err := b.pieces(ctx, state, noted); err != nil {
		return err
	}
	if !b.Check.IsHashed() {
		return nil
	}
	return b.whole(ctx, state, noted)
}

// pieces hashes the pieces that are not known to be right.
func (b Body) pieces(ctx context.Context, state *bgfetch.RecordState, noted func()) error {
	var wrong digest.WrongPieces
	for index := range b.Check.PieceCount() {
		if b.Check.IsVerified(state, index) {
			continue
		}
		p := b.piece(&state.Response, index)
		switch sum, err := p.digest(ctx); {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrUnreadable, err)
		case b.Check.NotePiece(state, index, p.span.End, sum):
			noted()
		default:
			wrong = append(wrong, index)
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// whole hashes what the hash of the whole body has not seen.
func (b Body) whole(ctx context.Context, state *bgfetch.RecordState, noted func()) error {
	h, hashed := b.Check.Restore(state.Digest)
	data := &state.Response
	for _, one := range ranges.Stored(data, b.Place.Index, ranges.Span{Start: hashed, End: data.Length}) {
		if err := b.read(ctx, one, h); err != nil {
			return fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		hashed += one.Length
		state.Digest = digest.SaveHash(h, hashed)
		noted()
	}
	return b.Check.Judge(h)
}

// read writes the bytes of a stored range to w. ErrLost: they are not all there.
func (b Body) read(ctx context.Context, stored bgfetch.StoredRange, w io.Writer) error {
	window := &window{w: w, skip: stored.Offset, left: stored.Length}
	if err := b.Bodies.Read(ctx, b.Place.UniqueID, stored.Key, window); err != nil {
		return err
	}
	if window.left > 0 {
		return bgfetch.ErrLost
	}
	return nil
}

// window passes on the bytes after the first skip, and no more than left.
type window struct {
	w          io.Writer
	skip, left int64
}

func (w *window) Write(b []byte) (int, error) {
	n := len(b)
	skipped := min(w.skip, int64(n))
	w.skip -= skipped
	b = b[skipped:]
	b = b[:min(w.left, int64(len(b)))]
	w.left -= int64(len(b))
	_, err := w.w.Write(b)
	return n, err
}
