package download

import (
	"cmp"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// minLimitedSegment is the least segment under a limit, in bytes.
const minLimitedSegment = 16 << 10

// Ahead is how many bytes the next request of a record with that response data will bring,
// where perRequest are asked for at once; 0 where that is not known.
func (r *Record) Ahead(data *bgfetch.ResponseData, perRequest int64) int64 {
	switch {
	case perRequest == 0 || !r.boundable(data):
		return 0
	case data.Length >= 0:
		return min(perRequest, data.Length-ranges.StoredLength(data.Segments))
	}
	return perRequest
}

// boundable says whether the body is asked for range by range under a limit: not where
// it is known to come encoded, since a browser asks for ranges without a content coding,
// and not where nothing would tell that the file was replaced.
func (r *Record) boundable(data *bgfetch.ResponseData) bool {
	return r.askable(data) && evidence.CodingOf(*data.Head) != evidence.CodingSome && data.ETag+data.LastModified != ""
}

// askInRanges says whether the first response is to be left for requests of bounded
// ranges.
func (a *attempt) askInRanges() bool {
	n, expected := a.owner.PerRequest(), evidence.ExpectedLength(&a.next.Response)
	return n > 0 && !a.ranged && a.boundable(&a.next.Response) && (expected < 0 || expected > n)
}

// bound stops requests for more than is asked for at once under the limit that there is by now: a
// browser reads ahead of such a response without bound, and what it has then is lost with the response.
// The next attempt asks range by range.
func (a *attempt) bound() {
	if n := a.owner.PerRequest(); n > 0 && a.boundable(&a.next.Response) {
		a.parts.HaltLonger(2*n, evidence.ExpectedLength(&a.next.Response))
	}
}

// shorten makes the gap no longer than is asked for at once under a limit, and says whether
// it did.
func (a *attempt) shorten() bool {
	data := &a.next.Response
	n := a.owner.PerRequest()
	if n == 0 || !a.boundable(data) {
		return false
	}
	end := cmp.Or(a.end, data.Length)
	if end >= 0 && a.start+n >= end {
		return false
	}
	if a.start > 0 && !evidence.IsSelfProving(data) {
		n -= n / 8 // which is compared, see evidence.Reach
	}
	a.end = a.start + n
	return true
}
