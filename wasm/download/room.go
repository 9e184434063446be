package download

import (
	"context"
	"fmt"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
)

// askRoomFrom is the length of a body from which on it is asked whether there is
// room for it: of many small ones each would wait for the answer.
const askRoomFrom = 1 << 20

// roomFor checks, before a byte of a body is moved, that as much as its head
// announces fits, and makes room for it where that is possible. A given downloadTotal was
// checked by fetch(); what the body needs beyond the announcement is found out by storing it.
func (a *attempt) roomFor(ctx context.Context, length int64) (Verdict, bool) {
	if length < askRoomFrom {
		return Verdict{}, true
	}
	for {
		room := a.config.Bodies.Room(ctx)
		if !room.IsReal() || length <= room.Free || ctx.Err() != nil {
			return Verdict{}, true
		}
		if length > room.Quota || !a.owner.MakeRoom(length-room.Free) {
			return a.leave(bgfetch.ReasonQuotaExceeded, fmt.Sprintf("%d bytes come, and there is room for %d", length, room.Free)), false
		}
	}
}

// full is the verdict on a segment that did not fit: another try where room could be made.
func (a *attempt) full(why string) Verdict {
	if a.Request.IsSafe() && a.owner.MakeRoom(evidence.Missing(&a.next.Response)) {
		return Verdict{Wait: a.Retry.Soon(), Why: why + "; what other background fetches left makes room"}
	}
	return a.leave(bgfetch.ReasonQuotaExceeded, why)
}
