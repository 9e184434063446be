package library_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

func past(uniqueID string) library.Past {
	return library.Past{Member: library.Member{Snapshot: bgfetch.Snapshot{UniqueID: uniqueID, RecordsAvailable: true, Kept: true}}}
}

// What earlier engines had done with is remembered as older than what this one has, and the
// oldest are forgotten.
func TestRemember(t *testing.T) {
	ctx, store := context.Background(), bgfetchtest.NewMemoryStore()
	for _, uniqueID := range []string{"a", "b"} {
		if err := store.Create(ctx, bgfetch.FetchState{UniqueID: uniqueID}, []bgfetch.Request{{}}); err != nil {
			t.Fatal(err)
		}
		ended := bgfetch.Ended{AbortedBy: "call"}
		ended.UniqueID = uniqueID
		if err := store.Delete(ctx, uniqueID, &ended); err != nil {
			t.Fatal(err)
		}
	}
	h := library.NewHistory(store)
	for i := range 999 {
		h.Add(past(fmt.Sprint(i)))
	}
	h.Remember(ctx)
	<-h.Remembered()
	if _, ok := h.LookUp("a"); ok {
		t.Error("more than a thousand are remembered")
	}
	if b, ok := h.LookUp("b"); !ok || b.AbortedBy != "call" {
		t.Errorf("%+v, %v", b, ok)
	}
	if own, ok := h.LookUp("0"); !ok || own.RecordsAvailable || own.Kept {
		t.Errorf("%+v, %v", own, ok)
	}
}

func TestDelete(t *testing.T) {
	ctx, store := context.Background(), bgfetchtest.NewMemoryStore()
	if err := store.Create(ctx, bgfetch.FetchState{UniqueID: "a"}, []bgfetch.Request{{}}); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(ctx, "a", &bgfetch.Ended{}); err != nil {
		t.Fatal(err)
	}
	h := library.NewHistory(store)
	stored, err := h.Stored(ctx)
	if err != nil || len(stored) != 1 {
		t.Fatal(stored, err)
	}
	before := h.Revision()
	if err := h.Delete(ctx, stored[0].Number+1); err != bgfetch.ErrUnknown || h.Revision() != before {
		t.Errorf("what is not there: %v", err)
	}
	if err := h.Delete(ctx, stored[0].Number); err != nil || h.Revision() <= before {
		t.Errorf("%v, revision %d after %d", err, h.Revision(), before)
	}
	if _, err := h.With(ctx, stored[0].Number); err != bgfetch.ErrUnknown {
		t.Errorf("it is still there: %v", err)
	}
}

func TestShorten(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("ä", 100), strings.Repeat("x", 100)} {
		got := library.Shorten(text, 31)
		cut, whole := strings.CutSuffix(got, "…")
		if len(text) <= 31 && got != text || len(text) > 31 && !whole || !strings.HasPrefix(text, cut) || !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
	}
}
