package library_test

import (
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
	if got := names(library.Evictable(all)); got != "afbgd" {
		t.Errorf("what was read longest ago first: %s", got)
	}
	// 600 bytes are not pinned, of which the last 100 stay.
	for limit, want := range map[int64]string{1000: "", 600: "", 599: "a", 500: "a", 499: "af", 301: "afb", 300: "afb", 0: "afbd"} {
		if got := names(library.Above(all, limit)); got != want {
			t.Errorf("above %d: %q, want %q", limit, got, want)
		}
	}
	for bytes, want := range map[int64]string{0: "a", 100: "a", 101: "af", 1 << 40: "afbgd"} {
		if got := names(library.ForKeptRoom(all, bytes)); got != want {
			t.Errorf("for %d bytes: %q, want %q", bytes, got, want)
		}
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
	if got := names(library.Expired(all, now)); got != "ac" {
		t.Errorf("expired: %s", got)
	}
	if next, ok := library.NextExpiry(all, now); !ok || next.Sub(now) != time.Millisecond {
		t.Errorf("the next is %v, %v", next, ok)
	}
	if _, ok := library.NextExpiry(all[2:], now); ok {
		t.Error("nothing of it expires any more")
	}
}
