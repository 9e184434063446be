package bgfetchtest

import (
	"context"
	"sync"

	"background-fetch-wasm/wasm/bgfetch"
)

// Display is a bgfetch.Display that remembers what it was to show.
type Display struct {
	mu     sync.Mutex
	shown  []bgfetch.Shown
	closed []string
}

var _ bgfetch.Display = (*Display)(nil)

// Show implements bgfetch.Display.
func (d *Display) Show(_ context.Context, shown bgfetch.Shown) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown = append(d.shown, shown)
}

// Close implements bgfetch.Display.
func (d *Display) Close(_ context.Context, uniqueID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = append(d.closed, uniqueID)
}

// Shown returns all that was shown, oldest first.
func (d *Display) Shown() []bgfetch.Shown {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]bgfetch.Shown(nil), d.shown...)
}

// Closed returns the unique ids of what was taken away.
func (d *Display) Closed() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.closed...)
}
