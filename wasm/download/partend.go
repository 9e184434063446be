package download

import (
	"context"
	"net/http"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// compares is the run of stored bytes that those in s are of, so far as it is compared with
// what follows other bytes of the response.
func (p *part) compares(s ranges.Span) ranges.Span {
	for _, run := range p.compare {
		if run.Start <= s.Start && s.End <= run.End {
			return ranges.Span{Start: max(run.Start, p.start+1), End: run.End}
		}
	}
	return ranges.Span{}
}

// partial says whether the response holds a part of the body alone.
func (p *part) partial() bool {
	return p.head.Status == http.StatusPartialContent && !p.record.Request.HasRange()
}

// complete is the complete length of the body, as far as it is proved when the part has
// read as far as it has; -1 for not.
func (p *part) complete() int64 {
	if p.data.Length >= 0 {
		return p.data.Length // also that of no body, as in answer to HEAD
	}
	told := int64(-1)
	if !p.partial() {
		if evidence.CodingOf(p.head) == evidence.CodingNone {
			told = p.head.ContentLength()
		}
	} else if evidence.CodingOf(p.head) == evidence.CodingNone || p.sameOffsets() {
		told, _ = ranges.ValidatePartial(p.head, p.start, 0)
	}
	return told
}

// sameOffsets says whether the bytes of the range proved to be those that are stored, so
// that the server counts the bytes as they are read. Of a range from byte 0 on the browser
// may have undone the content coding: that proves nothing of the kind.
func (p *part) sameOffsets() bool {
	return p.partial() && p.start > 0 && p.joins >= 0 && p.read >= p.joins
}

// judgeEnd says what the clean end of the response means.
func (p *part) judgeEnd(ctx context.Context, transfer bgfetch.Transfer) evidence.Ending {
	r := evidence.Response{
		Head: p.head, Partial: p.partial(), Start: p.start, Asked: p.limit, Complete: p.complete(), Announced: -1, Compared: p.start, Drawn: p.drawn, Told: p.least, Ended: p.endedBefore,
		Framing: p.record.Framing,
		Sent: func() bgfetch.Sent {
			p.sent = transfer.Sent(ctx)
			return p.sent
		},
	}
	if p.joins >= 0 {
		r.Compared = p.joins
	}
	if p.data.Length < 0 && evidence.ExpectedLength(&p.data) > 0 {
		r.Announced = evidence.ExpectedLength(&p.data)
	}
	if e := r.JudgeEnd(p.read); e != evidence.EndUnproved || p.record.Request.IsSafe() {
		return e
	}
	return evidence.EndOfBody // it is not asked for twice: what came is what there is
}

// brought is what a range brought that ended in order before what was asked for; 0 where it
// brought all. said: its head said so.
func (p *part) brought() (bytes int64, said bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.read >= p.end || (p.data.Length >= 0 && p.read >= p.data.Length)
	if p.stopped || !p.partial() || all {
		return 0, false
	}
	bytes = p.read - p.start
	return bytes, ranges.PartialLength(p.head) == bytes
}

// told is the length that the body has at least, says the head of a response whose first
// bytes are those that are stored, or the first ones; 0 where it says nothing.
func (p *part) told() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.head.Status == 0 || p.read == p.start || (p.start > 0 && (p.joins < 0 || evidence.CodingOf(p.head) == evidence.CodingSome)) {
		return 0
	}
	told := p.head.ContentLength()
	if p.partial() {
		complete, _ := ranges.ValidatePartial(p.head, p.start, 0)
		told = max(complete, p.start+ranges.PartialLength(p.head))
	}
	if p.start == 0 && evidence.CodingOf(p.head) != evidence.CodingNone {
		return evidence.LeastDecoded(told)
	}
	return told
}

// tooLong says whether a response brought more than there can be, with a piece that ends
// at end.
func (p *part) tooLong(end int64) bool {
	return p.limit == bodyEnd && p.data.Length >= 0 && end > p.data.Length
}
