package library_test

import (
	"slices"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

// names of kept records in a list.
func names(kept []library.Kept) string {
	text := ""
	for _, k := range kept {
		text += k.UniqueID
	}
	return text
}

func TestWhatIsEvicted(t *testing.T) {
	now := time.UnixMilli(10_000_000)
	ago := func(minutes int64) int64 { return now.UnixMilli() - minutes*60_000 }
	all := []library.Kept{
		{UniqueID: "a", Size: 100, KeptAt: ago(90)},
		{UniqueID: "b", Size: 100, KeptAt: ago(100), ReadAt: ago(5)},
		{UniqueID: "c", Size: 100, KeptAt: ago(80), Retention: bgfetch.Retention{Pinned: true}},
		{UniqueID: "d", Size: 100, KeptAt: ago(70), ReadAt: ago(0)},
		{UniqueID: "e", Size: 100, KeptAt: ago(60), Delivering: true},
		{UniqueID: "f", Size: 100, KeptAt: ago(50)},
		{UniqueID: "g", Size: 100, KeptAt: ago(1), Retention: bgfetch.Retention{Group: "season"}},
	}
	if got := names(library.Evictable(all, now)); got != "afbg" {
		t.Errorf("what was read longest ago first: %s", got)
	}
	// 600 bytes are not pinned, of which the last 100 stay.
	for limit, want := range map[int64]string{1000: "", 600: "", 599: "a", 500: "a", 499: "af", 301: "afb", 0: "afb"} {
		if got := names(library.Above(all, limit, now)); got != want {
			t.Errorf("above %d: %q, want %q", limit, got, want)
		}
	}
	for bytes, want := range map[int64]string{0: "a", 100: "a", 101: "af", 1 << 40: "afbg"} {
		if got := names(library.ForKeptRoom(all, bytes, now)); got != want {
			t.Errorf("for %d bytes: %q, want %q", bytes, got, want)
		}
	}
	if !library.IsAbove(all, 100, now) || library.IsAbove(all, 600, now) || library.IsAbove(all[:3], 0, now) {
		t.Error("above the limit is what waits for its reader")
	}
	usage := library.Usage(all)
	if usage.Bytes != 700 || usage.Groups["season"] != 100 || usage.Groups[""] != 600 {
		t.Errorf("usage: %+v", usage)
	}
}

func TestExpired(t *testing.T) {
	now := time.UnixMilli(10_000_000)
	at := func(ms int64) bgfetch.Retention {
		return bgfetch.Retention{Expires: now.UnixMilli() + ms, Pinned: true}
	}
	all := []library.Kept{
		{UniqueID: "a", Retention: at(0)},
		{UniqueID: "b", Retention: at(1)},
		{UniqueID: "c", Retention: at(-5000), ReadAt: now.UnixMilli() - 1000},
		{UniqueID: "d"},
	}
	if got := names(library.Expired(all, now)); got != "a" {
		t.Errorf("expired: %s", got)
	}
	if next, ok := library.NextChange(all[1:], now); !ok || next.Sub(now) != time.Millisecond {
		t.Errorf("the next is %v, %v", next, ok)
	}
	if next, ok := library.NextChange(slices.Concat(all[2:]), now); !ok || next.Sub(now) != 59*time.Second {
		t.Errorf("what is being read expires at %v, %v", next, ok)
	}
	if _, ok := library.NextChange(all[3:], now); ok {
		t.Error("nothing of it expires")
	}
}
