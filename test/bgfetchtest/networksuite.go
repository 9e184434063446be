package bgfetchtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// NetworkUnderTest is what a case of the conformance suite of bgfetch.Network is given.
type NetworkUnderTest struct {
	Network bgfetch.Network
	// Bodies is where its transfers store what they bring.
	Bodies bgfetch.Bodies
	// URL is that of a file which is served so, another one for each call. Bytes are what the file holds.
	URL   func(File) string
	Bytes func(t T, f File) []byte
	// Nobody is a URL whose host does not answer.
	Nobody string
}

// File is a file on a server that knows Range.
type File struct {
	// Size is its length in bytes, Seed stands for what they are: another one for other bytes.
	Size, Seed int
	// Status is that of the response, 0 for what is usual.
	Status int
	// Cut is after how many bytes the connection breaks off, Stall after how many nothing more
	// comes; 0 for never.
	Cut, Stall int
	// Rate is in bytes per second, 0 for as fast as it can.
	Rate int
}

// NetworkCase is a case of that suite.
type NetworkCase struct {
	Name string
	Run  func(t T, n NetworkUnderTest)
}

// NetworkCases returns the conformance suite of bgfetch.Network and of its transfers.
func NetworkCases() []NetworkCase { return networkCases }

// NetworkSuite runs the conformance suite, each case in a synctest bubble.
func NetworkSuite(t *testing.T, newNetwork func() NetworkUnderTest) {
	t.Helper()
	for _, c := range NetworkCases() {
		t.Run(c.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.Run(t, newNetwork()) })
		})
	}
}

const (
	kib = 1 << 10
	mib = 1 << 20
	// NetworkUniqueID is that of the background fetch of a case.
	NetworkUniqueID = "network-suite"
	// soon is the time in which what should not wait has returned.
	soon = 20 * time.Second
)

// large lets a segment be as large as one is.
var large = bgfetch.SaveLimits{MinLength: 8 * mib, MaxLength: 8 * mib, MinTime: time.Minute, MaxTime: time.Minute}

// open opens a transfer of the file, whose case ends if that fails. The caller closes it.
func (n NetworkUnderTest) open(t T, f File, change ...func(*bgfetch.TransferInit)) bgfetch.Transfer {
	t.Helper()
	transfer, err := n.Network.Open(context.Background(), n.init(f, change...))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return transfer
}

func (n NetworkUnderTest) init(f File, change ...func(*bgfetch.TransferInit)) bgfetch.TransferInit {
	init := bgfetch.TransferInit{UniqueID: NetworkUniqueID, Request: bgfetch.Request{Method: "GET", URL: n.URL(f)}}
	for _, change := range change {
		change(&init)
	}
	return init
}

// ranged asks for the bytes from start to the one before end, 0 for the rest.
func ranged(start, end int64) func(*bgfetch.TransferInit) {
	return func(init *bgfetch.TransferInit) { init.RangeStart, init.RangeEnd, init.Ranged = start, end, true }
}

// segment is the key of a segment of the only record.
func segment(offset int64) bgfetch.SegmentKey {
	return bgfetch.SegmentKey{Generation: 1, Offset: offset, Nonce: offset + 7}
}

// save takes one segment and waits until it is stored.
func save(transfer bgfetch.Transfer, key bgfetch.SegmentKey, limits bgfetch.SaveLimits, w io.Writer) (bgfetch.Saved, error) {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	saved, err := transfer.Save(ctx, key, limits, w)
	if err == nil && saved.Stored != nil {
		saved.Sum, err = saved.Stored(ctx)
	}
	return saved, err
}

// mustSave is save, and the case ends if that fails.
func mustSave(t T, transfer bgfetch.Transfer, key bgfetch.SegmentKey, limits bgfetch.SaveLimits) bgfetch.Saved {
	t.Helper()
	saved, err := save(transfer, key, limits, nil)
	if err != nil {
		t.Fatalf("Save %+v: %v", key, err)
	}
	return saved
}

// saveAll takes the rest of the body in segments from offset on, and returns the keys of those that are
// stored.
func saveAll(t T, transfer bgfetch.Transfer, offset int64, limits bgfetch.SaveLimits) (keys []bgfetch.SegmentKey) {
	t.Helper()
	for {
		key := segment(offset)
		saved := mustSave(t, transfer, key, limits)
		if saved.Length > limits.MaxLength {
			t.Fatalf("a segment of %d bytes, want at most %d", saved.Length, limits.MaxLength)
		}
		if saved.Length > 0 {
			keys = append(keys, key)
		}
		if offset += saved.Length; saved.End {
			return keys
		}
		if saved.Length == 0 {
			t.Fatalf("a segment of no bytes, and no end")
		}
	}
}

// wantStored checks what is stored under those keys, one after the other.
func (n NetworkUnderTest) wantStored(t T, want []byte, keys ...bgfetch.SegmentKey) {
	t.Helper()
	var got bytes.Buffer
	for _, key := range keys {
		if err := n.Bodies.Read(context.Background(), NetworkUniqueID, key, &got); err != nil {
			t.Fatalf("Read %+v: %v", key, err)
		}
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Fatalf("%d bytes are stored, want %d, or others", got.Len(), len(want))
	}
}

// stored returns how many segments are stored.
func (n NetworkUnderTest) stored(t T) int {
	t.Helper()
	keys, err := n.Bodies.Segments(context.Background(), NetworkUniqueID)
	if err != nil {
		t.Fatalf("Segments: %v", err)
	}
	return len(keys)
}

func wantError(t T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
