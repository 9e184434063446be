package part

import (
	"context"
	"net/http"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// compares is the run of stored bytes that those in s are of, so far as it is compared with
// what follows other bytes of the response.
func (p *Part) compares(s ranges.Span) ranges.Span {
	for _, run := range p.compare {
		if run.Start <= s.Start && s.End <= run.End {
			return ranges.Span{Start: max(run.Start, p.Start+1), End: run.End}
		}
	}
	return ranges.Span{}
}

// Partial says whether the response holds a part of the body alone.
func (p *Part) Partial() bool {
	return p.Head.Status == http.StatusPartialContent && !p.record.Request.HasRange()
}

// complete is the complete length of the body, as far as it is proved when the part has
// read as far as it has; -1 for not.
func (p *Part) complete() int64 {
	if p.data.Length >= 0 {
		return p.data.Length // also that of no body, as in answer to HEAD
	}
	told := int64(-1)
	if !p.Partial() {
		if evidence.CodingOf(p.Head) == evidence.CodingNone {
			told = p.Head.ContentLength()
		}
	} else if evidence.CodingOf(p.Head) == evidence.CodingNone || p.sameOffsets() {
		told, _ = ranges.ValidatePartial(p.Head, p.Start, 0)
	}
	return told
}

// sameOffsets says whether the bytes of the range proved to be those that are stored, so
// that the server counts the bytes as they are read. Of a range from byte 0 on the browser
// may have undone the content coding: that proves nothing of the kind.
func (p *Part) sameOffsets() bool {
	return p.Partial() && p.Start > 0 && p.joins >= 0 && p.Read >= p.joins
}

// judgeEnd says what the clean end of the response means.
func (p *Part) judgeEnd(ctx context.Context, transfer bgfetch.Transfer) evidence.Ending {
	r := evidence.Response{
		Head: p.Head, Partial: p.Partial(), Start: p.Start, Asked: p.limit, Complete: p.complete(), Announced: -1, Compared: p.Start, Drawn: p.Drawn, Told: p.least, EndedBefore: p.endedBefore,
		Framing: p.record.Framing,
		Sent: func() bgfetch.Sent {
			p.Sent = transfer.Sent(ctx)
			return p.Sent
		},
	}
	if p.joins >= 0 {
		r.Compared = p.joins
	}
	if p.data.Length < 0 && evidence.ExpectedLength(&p.data) > 0 {
		r.Announced = evidence.ExpectedLength(&p.data)
	}
	if e := r.JudgeEnd(p.Read); e != evidence.EndUnproved || p.record.Request.IsSafe() {
		return e
	}
	return evidence.EndOfBody // it is not asked for twice: what came is what there is
}

// Brought is what a range brought that ended in order before what was asked for; 0 where it
// brought all. said: its head said so.
func (p *Part) Brought() (bytes int64, said bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.Read >= p.end || (p.data.Length >= 0 && p.Read >= p.data.Length)
	if p.Stopped || !p.Partial() || all {
		return 0, false
	}
	bytes = p.Read - p.Start
	return bytes, ranges.PartialLength(p.Head) == bytes
}

// Told is the length that the body has at least, says the head of a response whose first
// bytes are those that are stored, or the first ones; 0 where it says nothing.
func (p *Part) Told() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Head.Status == 0 || p.Read == p.Start || (p.Start > 0 && (p.joins < 0 || evidence.CodingOf(p.Head) == evidence.CodingSome)) {
		return 0
	}
	told := p.Head.ContentLength()
	if p.Partial() {
		complete, _ := ranges.ValidatePartial(p.Head, p.Start, 0)
		told = max(complete, p.Start+ranges.PartialLength(p.Head))
	}
	if p.Start == 0 && evidence.CodingOf(p.Head) != evidence.CodingNone {
		return evidence.LeastDecoded(told)
	}
	return told
}

// TooLong says whether a response brought more than there can be, with a segment that ends
// at end.
func (p *Part) TooLong(end int64) bool {
	return p.limit == ToEnd && p.data.Length >= 0 && end > p.data.Length
}

// toEnd is the time in which the end of a response is to be seen that has brought its last byte.
const toEnd = time.Second

// hasEnded says whether the response has ended, and not only brought what was wanted of it.
func (p *Part) hasEnded(ctx context.Context, transfer bgfetch.Transfer) bool {
	p.mu.Lock()
	ended, all := p.ended, p.Read == p.limit
	p.mu.Unlock()
	if ended || !all {
		return ended
	}
	soon, cancel := context.WithTimeout(ctx, toEnd)
	defer cancel()
	compared, err := transfer.Compare(soon, nil, bgfetch.SaveLimits{MaxLength: 1, MaxTime: toEnd})
	return err == nil && compared.End
}
