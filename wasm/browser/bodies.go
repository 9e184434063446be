//go:build js && wasm

package browser

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Bodies is bgfetch.Bodies in the Cache API. The cache of a background fetch is
// named by Config.CachePrefix and the unique id; in it lie
//
//	/__bgfetch__/<index>/request                       a request body
//	/__bgfetch__/<index>/<generation>/<offset>/<put>   a segment of a response body
//
// Older versions stored segments without <put>.
//
// An empty cache, named by Config.KeptPrefix and the unique id, says that it is kept.
type Bodies struct {
	Bridge *Bridge
}

var _ bgfetch.Bodies = (*Bodies)(nil)

const keyPrefix = "/__bgfetch__/"

type cacheArgs struct {
	Cache string `json:"cache"`
}

type listArgs struct {
	cacheArgs
	All bool `json:"all,omitempty"`
}

type keysArgs struct {
	cacheArgs
	Keys []string `json:"keys"`
}

type readArgs struct {
	cacheArgs
	Key string `json:"key"`
}

// storedRange is a bgfetch.StoredRange.
type storedRange struct {
	Key    string `json:"key"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
}

type digestArgs struct {
	cacheArgs
	Stored    []storedRange `json:"stored"`
	Algorithm string        `json:"algorithm"`
}

type saveRequestBodyArgs struct {
	cacheArgs
	Key    string `json:"key"`
	Handle string `json:"handle"`
}

// storageTimeout bounds a call that moves no more than a segment: browsers have been
// seen whose storage never answers.
const storageTimeout = time.Minute

// call is Bridge.call, which gives up after storageTimeout.
func (b *Bodies) call(ctx context.Context, method string, args, result any) error {
	return b.callBytes(ctx, method, args, result, nil)
}

// callBytes is Bridge.callBytes, which gives up after storageTimeout.
func (b *Bodies) callBytes(ctx context.Context, method string, args, result any, w io.Writer) error {
	bounded, cancel := context.WithTimeout(ctx, storageTimeout)
	defer cancel()
	err := b.Bridge.callBytes(bounded, method, args, result, w)
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		return fmt.Errorf("%s: the storage did not answer within %v", method, storageTimeout)
	}
	return err
}

func (b *Bodies) cache(uniqueID string) cacheArgs {
	return cacheArgs{b.CacheName(uniqueID)}
}

// CacheName implements bgfetch.Bodies.
func (b *Bodies) CacheName(uniqueID string) string {
	return b.Bridge.Config.CachePrefix + uniqueID
}

// Key implements bgfetch.Bodies.
func (b *Bodies) Key(key bgfetch.SegmentKey) string {
	text := fmt.Sprintf("%s%d/%d/%d", keyPrefix, key.Index, key.Generation, key.Offset)
	if key.Nonce == 0 {
		return text
	}
	return fmt.Sprintf("%s/%d", text, key.Nonce)
}

// parseKey is the inverse of Key. It is not ok for other keys.
func parseKey(text string) (key bgfetch.SegmentKey, ok bool) {
	path, isOurs := strings.CutPrefix(text, keyPrefix)
	parts := strings.Split(path, "/")
	if !isOurs || len(parts) < 3 || len(parts) > 4 {
		return key, false
	}
	var numbers [4]int64
	for i, part := range parts {
		number, err := strconv.ParseInt(part, 10, 64)
		if err != nil || number < 0 {
			return key, false
		}
		numbers[i] = number
	}
	return bgfetch.SegmentKey{Index: int(numbers[0]), Generation: int(numbers[1]), Offset: numbers[2], Nonce: numbers[3]}, true
}

// Create implements bgfetch.Bodies.
func (b *Bodies) Create(ctx context.Context, uniqueID string) error {
	return b.call(ctx, "createCache", b.cache(uniqueID), nil)
}

// SaveRequestBody implements bgfetch.Bodies.
func (b *Bodies) SaveRequestBody(ctx context.Context, uniqueID string, index int, handle string) (string, int64, error) {
	var saved struct {
		Size int64 `json:"size"`
	}
	key := fmt.Sprintf("%s%d/request", keyPrefix, index)
	err := b.Bridge.call(ctx, "saveRequestBody", saveRequestBodyArgs{b.cache(uniqueID), key, handle}, &saved)
	if err != nil {
		return "", 0, err
	}
	return key, saved.Size, nil
}

// Segments implements bgfetch.Bodies.
func (b *Bodies) Segments(ctx context.Context, uniqueID string) ([]bgfetch.SegmentKey, error) {
	return b.segments(ctx, listArgs{cacheArgs: b.cache(uniqueID)})
}

// AllSegments implements bgfetch.Bodies.
func (b *Bodies) AllSegments(ctx context.Context, uniqueID string) ([]bgfetch.SegmentKey, error) {
	return b.segments(ctx, listArgs{cacheArgs: b.cache(uniqueID), All: true})
}

func (b *Bodies) segments(ctx context.Context, args listArgs) ([]bgfetch.SegmentKey, error) {
	var texts []string
	if err := b.call(ctx, "keys", args, &texts); err != nil {
		return nil, err
	}
	keys := make([]bgfetch.SegmentKey, 0, len(texts))
	for _, text := range texts {
		if key, ok := parseKey(text); ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Read implements bgfetch.Bodies.
func (b *Bodies) Read(ctx context.Context, uniqueID string, key bgfetch.SegmentKey, w io.Writer) error {
	args := readArgs{b.cache(uniqueID), b.Key(key)}
	return b.callBytes(ctx, "read", args, nil, w)
}

// Digest implements bgfetch.Bodies.
func (b *Bodies) Digest(ctx context.Context, uniqueID string, stored []bgfetch.StoredRange, algorithm string) (sum []byte, err error) {
	args := digestArgs{b.cache(uniqueID), b.storedRanges(stored), algorithm}
	err = b.call(ctx, "digest", args, &sum)
	return sum, err
}

// storedRanges are the ranges with the keys that the host knows.
func (b *Bodies) storedRanges(stored []bgfetch.StoredRange) []storedRange {
	ranges := make([]storedRange, len(stored))
	for i, s := range stored {
		ranges[i] = storedRange{b.Key(s.Key), s.Offset, s.Length}
	}
	return ranges
}

// DeleteSegments implements bgfetch.Bodies.
func (b *Bodies) DeleteSegments(ctx context.Context, uniqueID string, keys []bgfetch.SegmentKey) error {
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = b.Key(key)
	}
	return b.call(ctx, "deleteKeys", keysArgs{b.cache(uniqueID), texts}, nil)
}

// Delete implements bgfetch.Bodies.
func (b *Bodies) Delete(ctx context.Context, uniqueID string) error {
	if err := b.call(ctx, "deleteCache", b.cache(uniqueID), nil); err != nil {
		return err
	}
	return b.call(ctx, "deleteCache", b.keptSign(uniqueID), nil)
}

// MarkKept implements bgfetch.Bodies.
func (b *Bodies) MarkKept(ctx context.Context, uniqueID string) error {
	return b.call(ctx, "createCache", b.keptSign(uniqueID), nil)
}

func (b *Bodies) keptSign(uniqueID string) cacheArgs {
	return cacheArgs{b.Bridge.Config.KeptPrefix + uniqueID}
}

// Room implements bgfetch.Bodies.
func (b *Bodies) Room(ctx context.Context) bgfetch.StorageEstimate {
	var room *struct {
		Free  float64 `json:"free"`
		Quota float64 `json:"quota"`
	}
	if err := b.call(ctx, "room", nil, &room); err != nil || room == nil {
		return bgfetch.StorageEstimate{}
	}
	return bgfetch.EstimateOf(int64(room.Free), int64(room.Quota))
}

// UniqueIDs implements bgfetch.Bodies.
func (b *Bodies) UniqueIDs(ctx context.Context) ([]string, error) {
	prefix := b.Bridge.Config.CachePrefix
	var names []string
	err := b.call(ctx, "cacheNames", struct {
		Prefix string `json:"prefix"`
	}{prefix}, &names)
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, prefix)
	}
	return names, err
}
