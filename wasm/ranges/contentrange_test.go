package ranges

import (
	"fmt"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

func TestExtractContentRange(t *testing.T) {
	for value, want := range map[string]ContentRange{
		"bytes 0-9/10":                    {0, 9, 10},
		"bytes 5-9/*":                     {5, 9, -1},
		"bytes */10":                      {-1, -1, 10},
		"BYTES 0-0/1":                     {0, 0, 1},
		"  bytes 1-2/3  ":                 {1, 2, 3},
		"bytes 0-9007199254740990/*":      {0, 9007199254740990, -1},
		"bytes 0-10/9007199254740991":     {0, 10, 9007199254740991},
		"bytes 00000000000000-00000001/2": {0, 1, 2},
	} {
		if got, ok := ExtractContentRange(value); !ok || got != want {
			t.Errorf("%q = %+v, %v; want %+v", value, got, ok, want)
		}
	}
	for _, value := range []string{
		"", "bytes", "bytes ", "items 0-9/10", "bytes 0-9", "bytes 9-0/10", "bytes 0-10/10", "bytes */*", "bytes -5/10",
		"bytes 0-/10", "bytes 0-9/", "bytes +0-9/10", "bytes 0-9/-1", "bytes 0x1-2/3", "bytes 0-9/9007199254740992",
		"bytes 0-99999999999999999999/*", "bytes 0-9/10, bytes 0-9/10", "bytes=0-9/10", "bytes 0 - 9/10", "bytes 0-9/10\x00",
	} {
		if got, ok := ExtractContentRange(value); ok {
			t.Errorf("%q = %+v, want that it is refused", value, got)
		}
	}
}

func FuzzExtractContentRange(f *testing.F) {
	for _, seed := range []string{"bytes 0-9/10", "bytes */10", "bytes 5-9/*", "bytes 0-9007199254740991/*", "bytes --/", " /"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r, ok := ExtractContentRange(value)
		if !ok {
			return
		}
		if r.First < 0 {
			if r.First != -1 || r.Last != -1 || r.Complete < 0 {
				t.Fatalf("%q = %+v", value, r)
			}
			return
		}
		if r.Last < r.First || r.Last > bgfetch.MaxLength || r.Complete != -1 && (r.Complete <= r.Last || r.Complete > bgfetch.MaxLength) {
			t.Fatalf("%q = %+v", value, r)
		}
		complete := "*"
		if r.Complete >= 0 {
			complete = fmt.Sprint(r.Complete)
		}
		if again, ok := ExtractContentRange(fmt.Sprintf("bytes %d-%d/%s", r.First, r.Last, complete)); !ok || again != r {
			t.Fatalf("%q = %+v, but written again %+v", value, r, again)
		}
	})
}
