package engine

import (
	"context"
	"sync/atomic"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Browsers free the room of what was deleted some seconds later, and until then count it. Who needs
// room waits for that before anything else is deleted, or fails.

const (
	// freeingTime is how long a browser may take for it.
	freeingTime = 15 * time.Second
	// freeingLook is the time between two looks, freeingTry that between two tries where the
	// browser does not tell how much room there is.
	freeingLook = 500 * time.Millisecond
	freeingTry  = 5 * time.Second
)

// freeingBodies take down when bodies were deleted.
type freeingBodies struct {
	bgfetch.Bodies
	// deleted is when, in ms since 1970.
	deleted atomic.Int64
}

// DeleteSegments implements bgfetch.Bodies.
func (b *freeingBodies) DeleteSegments(ctx context.Context, uniqueID string, keys []bgfetch.SegmentKey) error {
	if len(keys) > 0 {
		b.deleted.Store(time.Now().UnixMilli())
	}
	return b.Bodies.DeleteSegments(ctx, uniqueID, keys)
}

// Delete implements bgfetch.Bodies.
func (b *freeingBodies) Delete(ctx context.Context, uniqueID string) error {
	b.deleted.Store(time.Now().UnixMilli())
	return b.Bodies.Delete(ctx, uniqueID)
}

// awaitFreed waits until the browser has freed room of what was deleted a moment ago, and says
// whether there may be more now.
func (b *freeingBodies) awaitFreed(ctx context.Context) bool {
	until := time.UnixMilli(b.deleted.Load()).Add(freeingTime)
	before := b.Room(ctx)
	wait := freeingLook
	if !before.IsReal() {
		wait = freeingTry
	}
	for time.Now().Before(until) && ctx.Err() == nil {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return false
		}
		if !before.IsReal() || b.Room(ctx).Free > before.Free {
			return true
		}
	}
	return false
}
