package engine

import (
	"context"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// limiter holds the average of what is downloaded to a rate. What has come, or was asked
// for, is a debt that is paid off at that rate; nothing is asked for before it is paid.
type limiter struct {
	rate int64 // bytes per second, 0 for no limit
	debt float64
	at   time.Time // when the debt was that
}

func newLimiter(rate int64) limiter { return limiter{rate: rate} }

// pay brings the debt up to date.
func (l *limiter) pay() {
	now := time.Now()
	l.debt = max(0, l.debt-float64(l.rate)*now.Sub(l.at).Seconds())
	l.at = now
}

// spend counts bytes; less than 0 are given back.
func (l *limiter) spend(bytes int64) {
	if l.rate == 0 {
		return
	}
	l.pay()
	l.debt = max(0, l.debt+float64(bytes))
}

// wait is the time until nothing is owed.
func (l *limiter) wait() time.Duration {
	if l.rate == 0 {
		return 0
	}
	l.pay()
	return time.Duration(l.debt / float64(l.rate) * float64(time.Second))
}

// setRate changes the rate. What is owed stays, so far as it is no more than a second's.
func (l *limiter) setRate(rate int64) {
	l.pay()
	l.rate, l.debt = rate, min(l.debt, float64(rate))
}

// minRequest is the least that is asked for at once of a body under a limit, in bytes.
const minRequest = 64 << 10

// minLimitedPiece is the least piece under a limit, in bytes.
const minLimitedPiece = 16 << 10

// rate is the limit for the background fetch, its own or that of all, in bytes per
// second; 0 where there is none. e.mu is held.
func (f *backgroundFetch) rate() int64 {
	rate := f.limit.rate
	if all := f.engine.scheduler.limit.rate; all > 0 && (rate == 0 || all < rate) {
		return all
	}
	return rate
}

// mayAsk is the time until the background fetch may ask for more. e.mu is held.
func (f *backgroundFetch) mayAsk() time.Duration {
	return max(f.limit.wait(), f.engine.scheduler.limit.wait())
}

// spend counts bytes against all limits. e.mu is held.
func (f *backgroundFetch) spend(bytes int64) {
	f.limit.spend(bytes)
	f.engine.scheduler.limit.spend(bytes)
}

// request is how many bytes of a body are asked for at once under the limit: those of
// about a second, since a browser may read ahead of us without bound. 0: no limit.
// e.mu is held.
func (f *backgroundFetch) request() int64 {
	if rate := f.rate(); rate > 0 {
		return max(rate, minRequest)
	}
	return 0
}

// reserve counts what the next request of the record will bring, so far as that is
// known, before others are let in. e.mu is held.
func (r *record) reserve() {
	n, data := r.fetch.request(), &r.state.Response
	if n == 0 || !r.boundable(data) {
		return
	}
	if left := data.Length - ranges.StoredLength(data.Segments); data.Length >= 0 {
		n = min(n, left)
	}
	r.reserved = n
	r.fetch.spend(n)
}

// unreserve gives back what the request did not bring. e.mu is held.
func (r *record) unreserve() {
	r.fetch.spend(-r.reserved)
	r.reserved = 0
}

// charge counts bytes that came.
func (a *attempt) charge(bytes int64) {
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	known := min(bytes, a.record.reserved)
	a.record.reserved -= known
	a.fetch.spend(bytes - known)
}

// limited is request, without the lock.
func (a *attempt) limited() int64 {
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	return a.fetch.request()
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
		wait := a.fetch.mayAsk()
		if a.record.reserved > 0 {
			wait = 0 // this was counted before
		}
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
