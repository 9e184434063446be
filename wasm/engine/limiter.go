package engine

import (
	"context"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// minLimitedPiece is the least piece under a limit, in bytes.
const minLimitedPiece = 16 << 10

// reserve counts what the next request of the record will bring, so far as that is
// known, before others are let in. e.mu is held.
func (r *record) reserve() {
	scheduler := r.fetch.engine.scheduler
	n, data := scheduler.PerRequest(r.fetch.group), &r.state.Response
	if n == 0 || !r.boundable(data) {
		return
	}
	if left := data.Length - ranges.StoredLength(data.Segments); data.Length >= 0 {
		n = min(n, left)
	}
	scheduler.Reserve(r.job, n)
}

// charge counts bytes that came.
func (a *attempt) charge(bytes int64) {
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	a.engine.scheduler.Charge(a.job, bytes)
}

// limited is how many bytes are asked for at once under a limit of bandwidth; 0: there is none.
func (a *attempt) limited() int64 {
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	return a.engine.scheduler.PerRequest(a.fetch.group)
}

// boundable says whether the body is asked for range by range under a limit: not where
// it is known to come encoded, since a browser asks for ranges without a content coding,
// and not where nothing would tell that the file was replaced.
func (r *record) boundable(data *bgfetch.ResponseData) bool {
	return r.askable(data) && evidence.CodingOf(*data.Head) != evidence.CodingSome && data.ETag+data.LastModified != ""
}

// askInRanges says whether the first response is to be left for requests of bounded
// ranges.
func (a *attempt) askInRanges() bool {
	n, expected := a.limited(), evidence.ExpectedLength(&a.next.Response)
	return n > 0 && !a.ranged && a.boundable(&a.next.Response) && (expected < 0 || expected > n)
}

// bound makes the gap no longer than is asked for at once under a limit, and says whether
// it did.
func (a *attempt) bound() bool {
	data := &a.next.Response
	n := a.limited()
	if n == 0 || !a.boundable(data) {
		return false
	}
	end := a.end
	if end == 0 {
		end = data.Length
	}
	if end >= 0 && a.start+n >= end {
		return false
	}
	if a.start > 0 && !evidence.IsSelfProving(data) {
		n -= n / 8 // which is compared, see overlap
	}
	a.end = a.start + n
	return true
}

// waitForLimit returns when a body that comes by one response may be read on.
func (p *part) waitForLimit(ctx context.Context) {
	a := p.attempt
	for {
		a.engine.mu.Lock()
		wait := a.engine.scheduler.MayRead(a.job)
		a.engine.mu.Unlock()
		if wait <= 0 {
			return
		}
		// The limit may change meanwhile.
		select {
		case <-time.After(min(wait, time.Second)):
		case <-ctx.Done():
			return
		}
	}
}
