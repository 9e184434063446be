package bgfetch

import (
	"testing"
	"time"
)

func TestBackOff(t *testing.T) {
	p := DefaultRetryPolicy
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 7: time.Minute, 1000: time.Minute} {
		for range 100 {
			if d := p.Wait(n); d < want/2 || d > want {
				t.Fatalf("backOff(%d) = %v, want %v to %v", n, d, want/2, want)
			}
		}
	}
}
