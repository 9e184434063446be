package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// weekBody is what is known of bytes without having them: of which file they are, which version of
// it, and where in it they lie.
type weekBody struct {
	file         string
	version      int
	from, length int64
}

// weekBodies is a bgfetch.Bodies that stores weekBody instead of bytes.
type weekBodies struct {
	// frees is how long it takes until the room of what was deleted is free.
	frees time.Duration
	// quota is the number of bytes that fit in all, by now.
	quota func() int64
	// onPut is called after each put, without a lock.
	onPut func()

	mu     sync.Mutex
	caches map[string]map[bgfetch.SegmentKey]weekBody
	kept   map[string]bool
	used   int64
	// most is the most that was ever stored of each file and version.
	stored, most map[weekBody]int64
}

var _ bgfetch.Bodies = (*weekBodies)(nil)

func (b *weekBodies) Create(_ context.Context, uniqueID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.caches[uniqueID] == nil {
		b.caches[uniqueID] = map[bgfetch.SegmentKey]weekBody{}
	}
	return nil
}

func (b *weekBodies) SaveRequestBody(context.Context, string, int, string) (string, int64, error) {
	return "", 0, errors.New("no uploads here")
}

func (b *weekBodies) CacheName(uniqueID string) string { return "cache:" + uniqueID }

func (b *weekBodies) Key(key bgfetch.SegmentKey) string {
	return fmt.Sprintf("%d/%d/%d/%d", key.Index, key.Generation, key.Offset, key.Nonce)
}

func (b *weekBodies) Segments(_ context.Context, uniqueID string) ([]bgfetch.SegmentKey, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.caches[uniqueID])), nil
}

func (b *weekBodies) AllSegments(ctx context.Context, uniqueID string) ([]bgfetch.SegmentKey, error) {
	return b.Segments(ctx, uniqueID)
}

func (b *weekBodies) Read(context.Context, string, bgfetch.SegmentKey, io.Writer) error {
	return errors.New("nobody has the bytes")
}

func (b *weekBodies) Digest(context.Context, string, []bgfetch.StoredRange, string) ([]byte, error) {
	return nil, errors.New("nobody has the bytes")
}

// of is the file and the version alone.
func (one weekBody) of() weekBody { return weekBody{file: one.file, version: one.version} }

// put stores a segment. In a cache that was deleted meanwhile it is lost.
func (b *weekBodies) put(uniqueID string, key bgfetch.SegmentKey, body weekBody) error {
	quota := b.quota()
	b.mu.Lock()
	full := b.used+body.length > quota
	if cache := b.caches[uniqueID]; cache != nil && !full {
		cache[key] = body
		b.used += body.length
		b.stored[body.of()] += body.length
		b.most[body.of()] = max(b.most[body.of()], b.stored[body.of()])
	}
	b.mu.Unlock()
	if full {
		return fmt.Errorf("segment: %w", bgfetch.ErrQuota)
	}
	b.onPut()
	return nil
}

// remove takes bodies out. Their room is free some time later. b.mu is held.
func (b *weekBodies) remove(cache map[bgfetch.SegmentKey]weekBody, keys []bgfetch.SegmentKey) {
	room := int64(0)
	for _, key := range keys {
		if body, ok := cache[key]; ok {
			room += body.length
			b.stored[body.of()] -= body.length
			delete(cache, key)
		}
	}
	switch {
	case room == 0:
	case b.frees == 0:
		b.used -= room
	default:
		time.AfterFunc(b.frees, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.used -= room
		})
	}
}

func (b *weekBodies) DeleteSegments(_ context.Context, uniqueID string, keys []bgfetch.SegmentKey) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(b.caches[uniqueID], keys)
	return nil
}

func (b *weekBodies) MarkKept(_ context.Context, uniqueID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[uniqueID] = true
	return nil
}

func (b *weekBodies) Delete(_ context.Context, uniqueID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(b.caches[uniqueID], slices.Collect(maps.Keys(b.caches[uniqueID])))
	delete(b.caches, uniqueID)
	delete(b.kept, uniqueID)
	return nil
}

func (b *weekBodies) Room(context.Context) bgfetch.StorageEstimate {
	quota := b.quota()
	b.mu.Lock()
	defer b.mu.Unlock()
	return bgfetch.StorageEstimate{Free: max(0, quota-b.used), Quota: quota, Source: bgfetch.EstimateReal}
}

func (b *weekBodies) UniqueIDs(context.Context) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.caches)), nil
}

// compare says whether what comes is what is stored there.
func (b *weekBodies) compare(uniqueID string, stored []bgfetch.StoredRange, comes weekBody) (equal bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	equal = true
	for _, r := range stored {
		body, ok := b.caches[uniqueID][r.Key]
		if !ok || body.length < r.Offset+r.Length {
			return false, bgfetch.ErrLost
		}
		n := min(r.Length, comes.length)
		equal = equal && (n == 0 || body.of() == comes.of() && body.from+r.Offset == comes.from)
		comes.from += n
		comes.length -= n
	}
	return equal, nil
}

// planned is the body that a plan names from an offset on.
func (b *weekBodies) planned(plan bgfetch.Plan, from int64) (bodies []weekBody, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	cache := b.caches[strings.TrimPrefix(plan.Cache, b.CacheName(""))]
	for _, segment := range plan.Segments {
		var key bgfetch.SegmentKey
		_, _ = fmt.Sscanf(segment.Key, "%d/%d/%d/%d", &key.Index, &key.Generation, &key.Offset, &key.Nonce)
		body, ok := cache[key]
		skip := from - segment.Offset
		if !ok || body.length != segment.Length || skip < 0 || skip > segment.Length {
			return nil, fmt.Errorf("segment %q at %d of %d bytes does not continue byte %d: there are %+v", segment.Key, segment.Offset, segment.Length, from, body)
		}
		body.from, body.length = body.from+skip, body.length-skip
		bodies = append(bodies, body)
		from += body.length
	}
	return bodies, nil
}
