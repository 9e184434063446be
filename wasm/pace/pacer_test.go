package pace

import (
	"testing"
	"time"
)

// TestPacer: how many parts it comes to, where n of them bring throughput(n).
func TestPacer(t *testing.T) {
	for name, test := range map[string]struct {
		throughput func(n int) float64 // MiB/s
		want       int
		within     time.Duration
	}{
		"each connection is limited":          {func(n int) float64 { return 8 * float64(n) }, 5, 4 * time.Second},
		"the link is":                         {func(int) float64 { return 8 }, 1, 4 * time.Second},
		"the link is, a little above":         {func(n int) float64 { return min(8*float64(n), 9) }, 1, 4 * time.Second},
		"the link is, three times of one":     {func(n int) float64 { return min(8*float64(n), 24) }, 4, 4 * time.Second},
		"each connection is limited, slow":    {func(n int) float64 { return 0.1 * float64(n) }, 5, 40 * time.Second},
		"more connections make it even worse": {func(n int) float64 { return 8 / float64(n) }, 1, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(DefaultPolicy, 5)
			now := time.Unix(0, 0)
			for parts := 1; now.Before(time.Unix(0, 0).Add(test.within)); parts = p.target {
				// Segments of 100 ms, or 256 KiB, whatever is more; 2 s at most.
				each := test.throughput(parts) / float64(parts)
				took := min(max(0.1, 0.25/each), 2)
				for range parts {
					p.Segment(now, int64(each*took*(1<<20)), false, parts)
				}
				now = now.Add(time.Duration(took * float64(time.Second)))
			}
			if p.target != test.want {
				t.Errorf("it wants %d parts, the right number is %d", p.target, test.want)
			}
		})
	}
}
