package bgfetchtest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

var networkCases = []NetworkCase{
	{"network: the head of a response", testNetworkHead},
	{"network: a status is no failure", testNetworkStatus},
	{"network: a host that does not answer", testNetworkNobody},
	{"network: who has gone away is not answered", testNetworkOpenCancelled},
	{"network: a body in segments", testNetworkSegments},
	{"network: an empty body", testNetworkEmpty},
	{"network: a range, of which every byte is shown to who hashes", testNetworkRange},
	{"network: a segment ends after its time", testNetworkMaxTime},
	{"network: what came before a break is stored, and then it is told", testNetworkCut},
	{"network: Stop ends what waits, and what came is stored", testNetworkStop},
	{"network: the end of a context ends what waits", testNetworkSaveCancelled},
	{"network: Close can be called twice", testNetworkCloseTwice},
	{"network: what comes is compared with what is stored", testNetworkCompare},
	{"network: what is compared is not there", testNetworkCompareLost},
	{"network: what is read back is not there", testNetworkReadLost},
	{"network: what is stored is hashed", testNetworkDigest},
	{"network: a segment is hashed while it is stored", testNetworkSum},
	{"network: the end is seen behind the last byte", testNetworkCompareEnd},
	{"network: a small body is stored at once", testNetworkAtOnce},
	{"network: what was stored at once and is not wanted is deleted", testNetworkAtOnceClosed},
	{"network: what is too large is not stored at once", testNetworkAtOnceTooLarge},
}

func testNetworkHead(t T, n NetworkUnderTest) {
	file := File{Seed: 1, Size: 100 * kib}
	transfer := n.open(t, file, ranged(1000, 2000))
	defer transfer.Close()
	head := transfer.Head()
	got := fmt.Sprint(head.Status, head.Type, head.Redirected, head.Value("Content-Range"), head.ContentLength())
	if want := fmt.Sprint(206, "basic", false, "bytes 1000-1999/102400", 1000); got != want {
		t.Errorf("the head is %s, want %s", got, want)
	}
	if head.URL == "" || head.Value("no-such-field") != "" {
		t.Errorf("the head is %+v", head)
	}
}

func testNetworkStatus(t T, n NetworkUnderTest) {
	transfer := n.open(t, File{Seed: 2, Size: 10 * kib, Status: 404})
	defer transfer.Close()
	if status := transfer.Head().Status; status != 404 {
		t.Errorf("status %d, want 404", status)
	}
}

func testNetworkNobody(t T, n NetworkUnderTest) {
	init := bgfetch.TransferInit{UniqueID: NetworkUniqueID, Request: bgfetch.Request{Method: "GET", URL: n.Nobody}}
	_, err := n.Network.Open(context.Background(), init)
	wantError(t, "Open", err, bgfetch.ErrNetwork)
	if n.Network.Reachable(context.Background(), n.Nobody) {
		t.Errorf("nobody is reachable")
	}
	if url := n.URL(File{Seed: 3, Size: 10}); !n.Network.Reachable(context.Background(), url) {
		t.Errorf("%s is not reachable", url)
	}
}

func testNetworkOpenCancelled(t T, n NetworkUnderTest) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := n.Network.Open(ctx, n.init(File{Seed: 4, Size: 10 * kib}))
	wantError(t, "Open", err, context.Canceled)
}

func testNetworkSegments(t T, n NetworkUnderTest) {
	file := File{Seed: 5, Size: 2*mib + 12345}
	transfer := n.open(t, file)
	defer transfer.Close()
	limits := large
	limits.MaxLength = 500 * kib
	keys := saveAll(t, transfer, 0, limits)
	if len(keys) < 5 {
		t.Errorf("%d segments", len(keys))
	}
	n.wantStored(t, n.Bytes(t, file), keys...)
	if stored := n.stored(t); stored != len(keys) {
		t.Errorf("%d segments are stored, want %d", stored, len(keys))
	}
}

func testNetworkEmpty(t T, n NetworkUnderTest) {
	transfer := n.open(t, File{Seed: 6, Size: 0})
	defer transfer.Close()
	if saved := mustSave(t, transfer, segment(0), large); !saved.End || saved.Length != 0 {
		t.Errorf("Save: %+v", saved)
	}
}

func testNetworkRange(t T, n NetworkUnderTest) {
	file := File{Seed: 7, Size: mib}
	body := n.Bytes(t, file)
	for _, r := range [][2]int64{{0, 0}, {100_001, 0}, {1, 300_000}, {mib - 1, 0}} {
		transfer := n.open(t, file, ranged(r[0], r[1]))
		end := r[1]
		if end == 0 {
			end = mib
		}
		var seen bytes.Buffer
		saved, err := save(transfer, segment(r[0]), large, &seen)
		for err == nil && !saved.End {
			saved, err = save(transfer, segment(r[0]+int64(seen.Len())), large, &seen)
		}
		if err != nil || !bytes.Equal(seen.Bytes(), body[r[0]:end]) {
			t.Errorf("%v: %d bytes, %v", r, seen.Len(), err)
		}
		transfer.Close()
	}
}

func testNetworkMaxTime(t T, n NetworkUnderTest) {
	transfer := n.open(t, File{Seed: 8, Size: 400 * kib, Rate: 200 * kib})
	defer transfer.Close()
	limits := bgfetch.SaveLimits{MinLength: mib, MaxLength: mib, MinTime: 500 * time.Millisecond, MaxTime: 500 * time.Millisecond}
	saved := mustSave(t, transfer, segment(0), limits)
	if saved.End || saved.Length == 0 || saved.Length > 300*kib {
		t.Errorf("Save: %+v, though half a second brings 100 KiB", saved)
	}
}

// The bytes that a browser has read when a connection breaks off are not always given to scripts
// (docs/observations.md), so how many they are is not asked.
func testNetworkCut(t T, n NetworkUnderTest) {
	file := File{Seed: 9, Size: mib, Cut: 600 * kib, Rate: mib}
	transfer := n.open(t, file)
	defer transfer.Close()
	var keys []bgfetch.SegmentKey
	var offset int64
	limits := bgfetch.SaveLimits{MinLength: 64 * kib, MaxLength: 8 * mib, MinTime: 100 * time.Millisecond, MaxTime: 100 * time.Millisecond}
	for {
		saved, err := save(transfer, segment(offset), limits, nil)
		if err != nil {
			wantError(t, "Save", err, bgfetch.ErrNetwork)
			break
		}
		if saved.End {
			t.Fatalf("the end after %d bytes", offset)
		}
		keys = append(keys, segment(offset))
		offset += saved.Length
	}
	if offset == 0 || offset > 600*kib {
		t.Errorf("%d bytes came before the break", offset)
	}
	n.wantStored(t, n.Bytes(t, file)[:offset], keys...)
}

func testNetworkStop(t T, n NetworkUnderTest) {
	file := File{Seed: 10, Size: mib, Stall: 300 * kib}
	transfer := n.open(t, file)
	defer transfer.Close()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		time.Sleep(time.Second)
		transfer.Stop()
	}()
	var offset int64
	var keys []bgfetch.SegmentKey
	for {
		saved, err := save(transfer, segment(offset), large, nil)
		if err != nil {
			wantError(t, "Save", err, bgfetch.ErrStopped)
			break
		}
		keys = append(keys, segment(offset))
		offset += saved.Length
	}
	<-stopped
	if offset != 300*kib {
		t.Errorf("%d bytes were read before, want %d", offset, 300*kib)
	}
	n.wantStored(t, n.Bytes(t, file)[:offset], keys...)
}

func testNetworkSaveCancelled(t T, n NetworkUnderTest) {
	transfer := n.open(t, File{Seed: 11, Size: mib, Stall: 10 * kib})
	defer transfer.Close()
	limits := large
	limits.MaxTime = 100 * time.Millisecond
	if saved := mustSave(t, transfer, segment(0), limits); saved.Length != 10*kib {
		t.Errorf("Save: %+v", saved)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, err := transfer.Save(ctx, segment(10*kib), large, nil)
	wantError(t, "Save", err, context.DeadlineExceeded)
	if took := time.Since(begun); took > soon/2 {
		t.Errorf("it took %v", took)
	}
}

func testNetworkCloseTwice(t T, n NetworkUnderTest) {
	transfer := n.open(t, File{Seed: 12, Size: mib})
	transfer.Close()
	transfer.Close()
	transfer.Stop()
}

// compare compares the next bytes with what is stored under the keys, each with its length.
func compare(t T, transfer bgfetch.Transfer, stored ...bgfetch.StoredRange) (compared bgfetch.Compared, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	var all, want int64
	for _, s := range stored {
		want += s.Length
	}
	for {
		next, err := transfer.Compare(ctx, skip(stored, all), large)
		if err != nil {
			return compared, err
		}
		all += next.Length
		compared = bgfetch.Compared{Length: all, Equal: next.Equal, End: next.End}
		if !next.Equal || next.End || all >= want {
			return compared, nil
		}
	}
}

// skip leaves the first n bytes out.
func skip(stored []bgfetch.StoredRange, n int64) (rest []bgfetch.StoredRange) {
	for _, s := range stored {
		left := min(n, s.Length)
		n -= left
		if s.Offset, s.Length = s.Offset+left, s.Length-left; s.Length > 0 {
			rest = append(rest, s)
		}
	}
	return rest
}

func testNetworkCompare(t T, n NetworkUnderTest) {
	file := File{Seed: 13, Size: 600 * kib}
	first := n.open(t, file)
	limits := large
	limits.MaxLength = 256 * kib
	keys := saveAll(t, first, 0, limits)
	first.Close()

	// From byte 1000 of the first segment to byte 5000 of the second.
	stored := []bgfetch.StoredRange{{Key: keys[0], Offset: 1000, Length: 256*kib - 1000}, {Key: keys[1], Length: 5000}}
	same := n.open(t, file, ranged(1000, 0))
	defer same.Close()
	compared, err := compare(t, same, stored...)
	if want := (bgfetch.Compared{Length: 256*kib + 4000, Equal: true}); err != nil || compared != want {
		t.Errorf("Compare: %+v, %v, want %+v", compared, err, want)
	}
	// It took no more, so the next byte is that after them.
	rest := saveAll(t, same, 256*kib+5000, large)
	n.wantStored(t, n.Bytes(t, file)[256*kib+5000:], rest...)

	other := n.open(t, File{Seed: 14, Size: 600 * kib}, ranged(1000, 0))
	defer other.Close()
	if compared, err = compare(t, other, stored...); err != nil || compared.Equal {
		t.Errorf("Compare with another file: %+v, %v", compared, err)
	}
}

func testNetworkCompareLost(t T, n NetworkUnderTest) {
	file := File{Seed: 15, Size: 100 * kib}
	first := n.open(t, file)
	keys := saveAll(t, first, 0, large)
	first.Close()
	if err := n.Bodies.DeleteSegments(context.Background(), NetworkUniqueID, keys); err != nil {
		t.Fatalf("DeleteSegments: %v", err)
	}
	again := n.open(t, file, ranged(10, 0))
	defer again.Close()
	_, err := compare(t, again, bgfetch.StoredRange{Key: keys[0], Offset: 10, Length: 1000})
	wantError(t, "Compare", err, bgfetch.ErrLost)
}

// The end may come with the last byte, or behind it.
func testNetworkCompareEnd(t T, n NetworkUnderTest) {
	transfer := n.open(t, File{Seed: 19, Size: 300 * kib})
	defer transfer.Close()
	limits := large
	limits.MaxLength = 300 * kib
	for offset := int64(0); offset < 300*kib; {
		saved := mustSave(t, transfer, segment(offset), limits)
		if offset, limits.MaxLength = offset+saved.Length, limits.MaxLength-saved.Length; saved.End {
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	compared, err := transfer.Compare(ctx, nil, bgfetch.SaveLimits{MaxLength: 1, MaxTime: time.Second})
	if err != nil || !compared.End || compared.Length != 0 {
		t.Errorf("Compare with nothing: %+v, %v", compared, err)
	}
}

// atOnce lets Open store a body of at most that length.
func atOnce(most int64) func(*bgfetch.TransferInit) {
	return func(init *bgfetch.TransferInit) { init.AtOnce = &bgfetch.AtOnce{Key: segment(0), MaxLength: most} }
}

// Whether a browser has the body together with the head is chance, so it may be that Save stores it.
func testNetworkAtOnce(t T, n NetworkUnderTest) {
	file := File{Seed: 16, Size: 20 * kib}
	transfer := n.open(t, file, atOnce(mib))
	defer transfer.Close()
	key := segment(0)
	key.Nonce = 99
	saved := mustSave(t, transfer, key, large)
	if saved.Nonce != 0 {
		key.Nonce = saved.Nonce
	}
	if saved.Length != 20*kib {
		t.Errorf("Save: %+v", saved)
	}
	if !saved.End {
		saved = mustSave(t, transfer, segment(saved.Length), large)
	}
	if !saved.End {
		t.Errorf("Save: %+v, no end", saved)
	}
	n.wantStored(t, n.Bytes(t, file), key)
}

func testNetworkAtOnceClosed(t T, n NetworkUnderTest) {
	n.open(t, File{Seed: 17, Size: 20 * kib}, atOnce(mib)).Close()
	for begun := time.Now(); n.stored(t) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > soon {
			t.Fatalf("it is still stored")
		}
	}
}

func testNetworkAtOnceTooLarge(t T, n NetworkUnderTest) {
	file := File{Seed: 18, Size: 20 * kib}
	transfer := n.open(t, file, atOnce(10*kib))
	defer transfer.Close()
	if stored := n.stored(t); stored != 0 {
		t.Errorf("%d segments are stored", stored)
	}
	n.wantStored(t, n.Bytes(t, file), saveAll(t, transfer, 0, large)...)
}
