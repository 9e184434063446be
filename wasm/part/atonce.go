package part

import "background-fetch-wasm/wasm/bgfetch"

// atOnceLimit is the length up to which a body may be stored with the head of its response: all of it
// has come with that, as a rule.
const atOnceLimit = 64 << 10

// AtOnce is where the body of a response may be stored whose head is not judged yet; nil for nowhere. It
// is only the first response, which can neither belong to what is stored nor contradict it; and none that
// is hashed while it passes.
func AtOnce(a Attempt, r *Record) *bgfetch.AtOnce {
	if data := a.State().Response; data.Answered() || r.Check.Asked() || !r.Request.IsSafe() {
		return nil
	}
	limits := a.SaveLimits(0)
	return &bgfetch.AtOnce{
		Key:       bgfetch.SegmentKey{Index: r.Index, Nonce: bgfetch.NewNonce()},
		MaxLength: min(largest(limits, 0), atOnceLimit),
	}
}

// largest is the length of a segment that follows one of the length last, at most.
func largest(limits bgfetch.SaveLimits, last int64) int64 {
	return min(limits.MaxLength, 4*max(limits.MinLength, last, 1))
}
