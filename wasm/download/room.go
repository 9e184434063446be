package download

import (
	"context"
	"fmt"

	"background-fetch-wasm/wasm/bgfetch"
)

// askRoomFrom is the length of a body from which on it is asked whether there is
// room for it: of many small ones each would wait for the answer.
const askRoomFrom = 1 << 20

// roomFor checks, before a byte of a body is moved, that as much as its head
// announces fits. A given downloadTotal was checked by fetch(); what the body needs
// beyond the announcement is found out by storing it.
func (a *attempt) roomFor(ctx context.Context, length int64) (Verdict, bool) {
	if length < askRoomFrom {
		return Verdict{}, true
	}
	room, ok := a.config.Bodies.Room(ctx)
	if !ok || length <= room || ctx.Err() != nil {
		return Verdict{}, true
	}
	_, v := a.settle(bgfetch.ReasonQuotaExceeded, fmt.Sprintf("%d bytes come, and there is room for %d", length, room))
	return v, false
}
