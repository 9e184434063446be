package bgfetchtest

import (
	"context"
	"errors"
	"sync"

	"background-fetch-wasm/wasm/bgfetch"
)

// Display is a bgfetch.Display that remembers what it was to show.
type Display struct {
	// Failures is how many of the next calls of Show fail.
	Failures int

	mu     sync.Mutex
	shown  []bgfetch.Shown
	closed []string
}

var _ bgfetch.Display = (*Display)(nil)

// Show implements bgfetch.Display.
func (d *Display) Show(_ context.Context, shown bgfetch.Shown) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Failures > 0 {
		d.Failures--
		return errors.New("it cannot be shown now")
	}
	d.shown = append(d.shown, shown)
	return nil
}

// Close implements bgfetch.Display.
func (d *Display) Close(_ context.Context, tag string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = append(d.closed, tag)
}

// Shown returns all that was shown, oldest first.
func (d *Display) Shown() []bgfetch.Shown {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]bgfetch.Shown(nil), d.shown...)
}

// Closed returns the tags of what was taken away.
func (d *Display) Closed() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.closed...)
}
