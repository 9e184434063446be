package bgfetchtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// MemoryBodies is a bgfetch.Bodies in memory. What is put in it survives the
// engine, as the Cache API survives the worker.
type MemoryBodies struct {
	// OnPut, if set, is called after each segment was put, without a lock: a
	// crash test dies in it. OnPutSegment is the same, and is given the length.
	OnPut        func()
	OnPutSegment func(length int)
	// Quota is the number of bytes that fit in all, 0 for no limit.
	Quota int64
	// OnSegments, if set, is called before Segments looks; its error is what that returns.
	OnSegments func(ctx context.Context) error
	// OnRead, if set, is called before Read and Digest read; its error is what they return.
	OnRead func(ctx context.Context) error
	// Frees is how long it takes until the room of what was deleted is free.
	Frees time.Duration
	// HideRoom lets Room tell nothing, as in a browser without an estimate.
	HideRoom bool
	// InventRoom lets it tell that 10 GiB more are free, as Chromium does.
	InventRoom bool

	mu      sync.Mutex
	uploads map[string][]byte
	caches  map[string]*memoryCache
	kept    map[string]bool
	// freeing is the room that is not free yet.
	freeing int64
}

type memoryCache struct {
	requests map[int][]byte
	segments map[bgfetch.SegmentKey][]byte
}

var _ bgfetch.Bodies = (*MemoryBodies)(nil)

// NewMemoryBodies returns empty bodies.
func NewMemoryBodies() *MemoryBodies {
	return &MemoryBodies{uploads: map[string][]byte{}, caches: map[string]*memoryCache{}, kept: map[string]bool{}}
}

// Upload makes body the request body that has that handle.
func (b *MemoryBodies) Upload(handle string, body []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.uploads[handle] = body
}

func (b *MemoryBodies) cache(uniqueID string) *memoryCache {
	c, ok := b.caches[uniqueID]
	if !ok {
		c = &memoryCache{requests: map[int][]byte{}, segments: map[bgfetch.SegmentKey][]byte{}}
		b.caches[uniqueID] = c
	}
	return c
}

func (b *MemoryBodies) full(more int) bool { return b.Quota > 0 && b.used()+int64(more) > b.Quota }

// Room implements bgfetch.Bodies.
func (b *MemoryBodies) Room(context.Context) bgfetch.StorageEstimate {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch used := b.used(); {
	case b.InventRoom:
		return bgfetch.EstimateOf(10<<30, used+10<<30)
	case b.Quota == 0 || b.HideRoom:
		return bgfetch.StorageEstimate{}
	default:
		return bgfetch.StorageEstimate{Free: b.Quota - used, Quota: b.Quota, Source: bgfetch.EstimateReal}
	}
}

// Used is the number of bytes that are stored.
func (b *MemoryBodies) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used()
}

func (b *MemoryBodies) used() int64 {
	total := b.freeing
	for _, c := range b.caches {
		for _, body := range c.requests {
			total += int64(len(body))
		}
		for _, body := range c.segments {
			total += int64(len(body))
		}
	}
	return total
}

// Create implements bgfetch.Bodies.
func (b *MemoryBodies) Create(_ context.Context, uniqueID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cache(uniqueID)
	return nil
}

// SaveRequestBody implements bgfetch.Bodies.
func (b *MemoryBodies) SaveRequestBody(_ context.Context, uniqueID string, index int, handle string) (string, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, ok := b.uploads[handle]
	if !ok {
		return "", 0, fmt.Errorf("no body with the handle %q", handle)
	}
	if b.full(len(body)) {
		return "", 0, fmt.Errorf("request body: %w", bgfetch.ErrQuota)
	}
	b.cache(uniqueID).requests[index] = body
	return fmt.Sprintf("%d/request", index), int64(len(body)), nil
}

// CacheName implements bgfetch.Bodies.
func (b *MemoryBodies) CacheName(uniqueID string) string { return "cache:" + uniqueID }

// Key implements bgfetch.Bodies.
func (b *MemoryBodies) Key(key bgfetch.SegmentKey) string {
	return fmt.Sprintf("%d/%d/%d/%d", key.Index, key.Generation, key.Offset, key.Nonce)
}

// Put stores a segment, as a transfer does. In a cache that was deleted meanwhile it is
// lost, and nobody hears of it.
func (b *MemoryBodies) Put(uniqueID string, key bgfetch.SegmentKey, body []byte) error {
	b.mu.Lock()
	full := b.full(len(body))
	if c, ok := b.caches[uniqueID]; ok && !full {
		c.segments[key] = bytes.Clone(body)
	}
	b.mu.Unlock()
	if full {
		return fmt.Errorf("segment: %w", bgfetch.ErrQuota)
	}
	if b.OnPut != nil {
		b.OnPut()
	}
	if b.OnPutSegment != nil {
		b.OnPutSegment(len(body))
	}
	return nil
}

// Segments implements bgfetch.Bodies.
func (b *MemoryBodies) Segments(ctx context.Context, uniqueID string) ([]bgfetch.SegmentKey, error) {
	if b.OnSegments != nil {
		if err := b.OnSegments(ctx); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.caches[uniqueID]
	if !ok {
		return nil, nil
	}
	return slices.Collect(maps.Keys(c.segments)), nil
}

// AllSegments implements bgfetch.Bodies.
func (b *MemoryBodies) AllSegments(ctx context.Context, uniqueID string) ([]bgfetch.SegmentKey, error) {
	return b.Segments(ctx, uniqueID)
}

// Read implements bgfetch.Bodies.
func (b *MemoryBodies) Read(ctx context.Context, uniqueID string, key bgfetch.SegmentKey, w io.Writer) error {
	if b.OnRead != nil {
		if err := b.OnRead(ctx); err != nil {
			return err
		}
	}
	b.mu.Lock()
	body, ok := b.cache(uniqueID).segments[key]
	b.mu.Unlock()
	if !ok {
		return fmt.Errorf("segment %+v: %w", key, bgfetch.ErrLost)
	}
	_, err := w.Write(body)
	return err
}

// Digest implements bgfetch.Bodies.
func (b *MemoryBodies) Digest(ctx context.Context, uniqueID string, stored []bgfetch.StoredRange, algorithm string) ([]byte, error) {
	if b.OnRead != nil {
		if err := b.OnRead(ctx); err != nil {
			return nil, err
		}
	}
	all, err := b.Ranges(uniqueID, stored)
	if err != nil {
		return nil, err
	}
	return sumOf(algorithm, all...), nil
}

// sumOf is the hash of bytes, one after the other.
func sumOf(algorithm string, bytes ...[]byte) []byte {
	h := map[string]func() hash.Hash{"sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}[algorithm]()
	for _, one := range bytes {
		_, _ = h.Write(one) // a hash does not fail
	}
	return h.Sum(nil)
}

// Ranges returns what is stored in these ranges, as it lies there: it is not to be changed.
func (b *MemoryBodies) Ranges(uniqueID string, ranges []bgfetch.StoredRange) (Ranges, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all Ranges
	for _, r := range ranges {
		stored, ok := b.cache(uniqueID).segments[r.Key]
		if !ok || int64(len(stored)) < r.Offset+r.Length {
			return nil, fmt.Errorf("segment %+v: %w", r.Key, bgfetch.ErrLost)
		}
		all = append(all, stored[r.Offset:r.Offset+r.Length])
	}
	return all, nil
}

// Ranges are bytes that lie in several places.
type Ranges [][]byte

// Len is how many bytes they are.
func (r Ranges) Len() int64 {
	sum := 0
	for _, one := range r {
		sum += len(one)
	}
	return int64(sum)
}

// HasPrefix says whether they begin with these bytes.
func (r Ranges) HasPrefix(prefix []byte) bool {
	for _, one := range r {
		n := min(len(one), len(prefix))
		if !bytes.Equal(one[:n], prefix[:n]) {
			return false
		}
		prefix = prefix[n:]
	}
	return len(prefix) == 0
}

// DeleteSegments implements bgfetch.Bodies.
func (b *MemoryBodies) DeleteSegments(_ context.Context, uniqueID string, keys []bgfetch.SegmentKey) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.caches[uniqueID]; ok {
		for _, key := range keys {
			b.free(len(c.segments[key]))
			delete(c.segments, key)
		}
	}
	return nil
}

// free frees the room of so many bytes, some time later. b.mu is held.
func (b *MemoryBodies) free(bytes int) {
	if b.Frees == 0 || bytes == 0 {
		return
	}
	b.freeing += int64(bytes)
	time.AfterFunc(b.Frees, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.freeing -= int64(bytes)
	})
}

// Delete implements bgfetch.Bodies.
func (b *MemoryBodies) Delete(_ context.Context, uniqueID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.caches[uniqueID]; c != nil {
		for _, body := range c.segments {
			b.free(len(body))
		}
	}
	delete(b.caches, uniqueID)
	delete(b.kept, uniqueID)
	return nil
}

// LoseAll deletes all caches, as a page can behind our back: what is put in one of them
// is lost, until somebody opens it again.
func (b *MemoryBodies) LoseAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.caches)
	clear(b.kept)
}

// LoseSegment deletes one segment, if there is one.
func (b *MemoryBodies) LoseSegment(uniqueID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.caches[uniqueID]; ok {
		for key := range c.segments {
			delete(c.segments, key)
			return
		}
	}
}

// MarkKept implements bgfetch.Bodies.
func (b *MemoryBodies) MarkKept(_ context.Context, uniqueID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[uniqueID] = true
	return nil
}

// SignsOfWork are the unique ids whose bodies tell, without the program, that there
// is work: those that are not kept.
func (b *MemoryBodies) SignsOfWork() []string {
	uniqueIDs, _ := b.UniqueIDs(context.Background())
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(uniqueIDs, func(uniqueID string) bool { return b.kept[uniqueID] })
}

// UniqueIDs implements bgfetch.Bodies.
func (b *MemoryBodies) UniqueIDs(context.Context) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.caches)), nil
}

// ReadPlan returns the bytes that a plan names, from an offset on. Segments may overlap.
func (b *MemoryBodies) ReadPlan(plan bgfetch.Plan, from int64) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	segments := map[string][]byte{}
	for uniqueID, c := range b.caches {
		if b.CacheName(uniqueID) == plan.Cache {
			for key, stored := range c.segments {
				segments[b.Key(key)] = stored
			}
		}
	}
	var body []byte
	for _, segment := range plan.Segments {
		stored, ok := segments[segment.Key]
		if !ok || int64(len(stored)) != segment.Length {
			return nil, fmt.Errorf("segment %q of %d bytes is not there", segment.Key, segment.Length)
		}
		skip := from + int64(len(body)) - segment.Offset
		if skip < 0 || skip > segment.Length {
			return nil, fmt.Errorf("segment %q does not continue byte %d", segment.Key, from+int64(len(body)))
		}
		body = append(body, stored[skip:]...)
	}
	return body, nil
}
