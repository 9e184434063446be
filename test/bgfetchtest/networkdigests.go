package bgfetchtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

func testNetworkReadLost(t T, n NetworkUnderTest) {
	var read bytes.Buffer
	err := n.Bodies.Read(context.Background(), NetworkUniqueID, segment(7), &read)
	wantError(t, "Read", err, bgfetch.ErrLost)
}

func testNetworkDigest(t T, n NetworkUnderTest) {
	file := File{Seed: 23, Size: 300 * kib}
	transfer := n.open(t, file)
	defer transfer.Close()
	limits := large
	limits.MaxLength = 100 * kib
	keys := saveAll(t, transfer, 0, limits)
	if len(keys) < 3 {
		t.Fatalf("%d segments", len(keys))
	}
	stored := []bgfetch.StoredRange{
		{Key: keys[0], Offset: 10, Length: 100*kib - 10},
		{Key: keys[1], Length: 100 * kib},
		{Key: keys[2], Length: 7},
	}
	bytes := n.Bytes(t, file)[10 : 200*kib+7]
	sum256, sum384, sum512 := sha256.Sum256(bytes), sha512.Sum384(bytes), sha512.Sum512(bytes)
	for algorithm, want := range map[string][]byte{"sha256": sum256[:], "sha384": sum384[:], "sha512": sum512[:]} {
		got, err := n.Bodies.Digest(context.Background(), NetworkUniqueID, stored, algorithm)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Digest by %s: %x, %v, want %x", algorithm, got, err, want)
		}
	}
	stored[2].Length = 100*kib + 1
	_, err := n.Bodies.Digest(context.Background(), NetworkUniqueID, stored, "sha256")
	wantError(t, "Digest of more than is stored", err, bgfetch.ErrLost)
	stored[2] = bgfetch.StoredRange{Key: segment(7), Length: 1}
	_, err = n.Bodies.Digest(context.Background(), NetworkUniqueID, stored, "sha256")
	wantError(t, "Digest of what is not there", err, bgfetch.ErrLost)
}

// A segment that is shorter than it may be has no hash.
func testNetworkSum(t T, n NetworkUnderTest) {
	file := File{Seed: 29, Size: 250 * kib}
	transfer := n.open(t, file)
	defer transfer.Close()
	limits := large
	limits.MaxLength, limits.Digest = 100*kib, "sha384"
	body := n.Bytes(t, file)
	for offset := int64(0); offset < int64(len(body)); {
		saved := mustSave(t, transfer, segment(offset), limits)
		sum := sha512.Sum384(body[offset : offset+saved.Length])
		want := sum[:]
		if saved.Length < limits.MaxLength {
			want = nil
		}
		if !slices.Equal(saved.Sum, want) {
			t.Errorf("the hash of %d bytes from %d on is %x, want %x", saved.Length, offset, saved.Sum, want)
		}
		if offset += saved.Length; saved.End {
			break
		}
	}
}
