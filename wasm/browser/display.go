//go:build js && wasm

package browser

import (
	"context"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Display is bgfetch.Display by notifications, where the site may show any.
type Display struct {
	Bridge *Bridge
}

var _ bgfetch.Display = Display{}

// displayLimit is how long a browser may take to show something: what comes next
// waits for it.
const displayLimit = 5 * time.Second

// Show implements bgfetch.Display.
func (d Display) Show(ctx context.Context, shown bgfetch.Shown) error {
	return d.call(ctx, "show", shown)
}

// Close implements bgfetch.Display.
func (d Display) Close(ctx context.Context, tag string) {
	_ = d.call(ctx, "closeShown", struct {
		Tag string `json:"tag"`
	}{tag})
}

func (d Display) call(ctx context.Context, method string, args any) error {
	ctx, cancel := context.WithTimeout(ctx, displayLimit)
	defer cancel()
	return d.Bridge.call(ctx, method, args, nil)
}
