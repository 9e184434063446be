//go:build js && wasm

package browser

import (
	"context"
	"errors"
	"fmt"
	"io"

	"background-fetch-wasm/wasm/bgfetch"
)

// Network is bgfetch.Network by the browser's fetch.
type Network struct {
	Bridge *Bridge
	Bodies *Bodies
}

var _ bgfetch.Network = Network{}

type openArgs struct {
	Cache string `json:"cache"`
	bgfetch.TransferInit
	AtOnce *atOnce `json:"atOnce,omitempty"`
}

type atOnce struct {
	Key    string     `json:"key"`
	Limits saveLimits `json:"limits"`
}

type urlArgs struct {
	URL string `json:"url"`
}

type transferArgs struct {
	Transfer int `json:"transfer"`
}

// putArgs is a segment that is being stored, by number; 0 is none.
type putArgs struct {
	Put int `json:"put"`
}

type saveArgs struct {
	transferArgs
	Key    string     `json:"key"`
	Limits saveLimits `json:"limits"`
	// Bytes asks for the bytes of the segment.
	Bytes bool `json:"bytes,omitempty"`
}

type saveLimits struct {
	MinLength int64  `json:"minLength"`
	MaxLength int64  `json:"maxLength"`
	MinTimeMS int64  `json:"minTimeMs"`
	MaxTimeMS int64  `json:"maxTimeMs"`
	Digest    string `json:"digest,omitempty"`
}

type compareArgs struct {
	transferArgs
	Stored []storedRange `json:"stored"`
	Limits saveLimits    `json:"limits"`
}

func newSaveLimits(limits bgfetch.SaveLimits) saveLimits {
	return saveLimits{
		MinLength: limits.MinLength,
		MaxLength: limits.MaxLength,
		MinTimeMS: limits.MinTime.Milliseconds(),
		MaxTimeMS: limits.MaxTime.Milliseconds(),
		Digest:    limits.Digest,
	}
}

// Open implements bgfetch.Network.
func (n Network) Open(ctx context.Context, init bgfetch.TransferInit) (bgfetch.Transfer, error) {
	var opened opened
	args := openArgs{Cache: n.Bodies.CacheName(init.UniqueID), TransferInit: init}
	if at := init.AtOnce; at != nil {
		args.AtOnce = &atOnce{n.Bodies.Key(at.Key), saveLimits{MaxLength: at.MaxLength}}
	}
	err := n.Bridge.call(ctx, "open", args, &opened)
	switch {
	case err == nil:
	case init.AtOnce == nil, ctx.Err() != nil, errors.Is(err, bgfetch.ErrNetwork):
		return nil, err
	default: // it could not be stored: Save tells why
		init.AtOnce = nil
		return n.Open(ctx, init)
	}
	t := &transfer{network: n, id: opened.transferArgs, head: opened.Head}
	if opened.Length > 0 {
		t.atOnce, t.uniqueID, t.freed = init.AtOnce, init.UniqueID, true
		t.saved = bgfetch.Saved{Length: opened.Length, End: true, Whole: opened.Whole, Nonce: init.AtOnce.Key.Nonce}
	}
	return t, nil
}

// Online implements bgfetch.Network.
func (n Network) Online() bool {
	value, err := n.Bridge.navigator.Get("onLine")
	if err != nil {
		return true // trying is the better way to find out
	}
	online, err := value.Bool()
	return online || err != nil
}

// WaitOnline implements bgfetch.Network.
func (n Network) WaitOnline(ctx context.Context) error {
	return n.Bridge.call(ctx, "waitOnline", nil, nil)
}

type meteredArgs struct {
	Metered bool `json:"metered"`
}

// Metered implements bgfetch.Network.
func (n Network) Metered() bool {
	var metered bool
	err := n.Bridge.call(context.Background(), "metered", nil, &metered)
	return err == nil && metered
}

// WaitMetered implements bgfetch.Network.
func (n Network) WaitMetered(ctx context.Context, metered bool) error {
	return n.Bridge.call(ctx, "waitMetered", meteredArgs{metered}, nil)
}

type changeArgs struct {
	Seen int64 `json:"seen"`
}

// WaitChange implements bgfetch.Network.
func (n Network) WaitChange(ctx context.Context, seen int64) (changes int64, err error) {
	err = n.Bridge.call(ctx, "waitChange", changeArgs{seen}, &changes)
	return changes, err
}

// Reachable implements bgfetch.Network.
func (n Network) Reachable(ctx context.Context, url string) bool {
	var reachable bool
	err := n.Bridge.call(ctx, "reachable", urlArgs{url}, &reachable)
	return err == nil && reachable
}

// transfer is a bgfetch.Transfer: the response is held by the host.
type transfer struct {
	network Network
	id      transferArgs
	head    bgfetch.Head
	// freed: the host has freed it, since the body has ended.
	freed bool
	// atOnce is where Open has stored the body, for the background fetch uniqueID, until Save has given
	// it as saved; nil where it is not stored.
	atOnce   *bgfetch.AtOnce
	uniqueID string
	saved    bgfetch.Saved
}

func (t *transfer) Head() bgfetch.Head { return t.head }

func (t *transfer) Save(ctx context.Context, key bgfetch.SegmentKey, limits bgfetch.SaveLimits, w io.Writer) (bgfetch.Saved, error) {
	if t.atOnce != nil {
		return t.give(key)
	}
	var saved saved
	err := t.network.Bridge.callBytes(ctx, "save", saveArgs{
		transferArgs: t.id,
		Key:          t.network.Bodies.Key(key),
		Limits:       newSaveLimits(limits),
		Bytes:        w != nil,
	}, &saved, w)
	t.freed = err == nil && saved.End
	if saved.Put != 0 {
		saved.Stored = func(ctx context.Context) (sum []byte, err error) {
			err = t.network.Bridge.call(ctx, "stored", saved.putArgs, &sum)
			return sum, err
		}
	}
	return saved.Saved, err
}

// give is Save for a body that Open has stored.
func (t *transfer) give(key bgfetch.SegmentKey) (bgfetch.Saved, error) {
	if key.Nonce = t.saved.Nonce; key != t.atOnce.Key {
		return bgfetch.Saved{}, fmt.Errorf("the body was stored as another segment: %w", bgfetch.ErrNetwork)
	}
	t.atOnce = nil
	return t.saved, nil
}

// Compare implements bgfetch.Transfer.
func (t *transfer) Compare(ctx context.Context, stored []bgfetch.StoredRange, limits bgfetch.SaveLimits) (bgfetch.Compared, error) {
	args := compareArgs{transferArgs: t.id, Stored: t.network.Bodies.storedRanges(stored)}
	var length int64
	for _, s := range stored {
		length += s.Length
	}
	if length > 0 { // else the host has to read on to see the end
		limits.MaxLength = min(limits.MaxLength, length)
	}
	args.Limits = newSaveLimits(limits)
	var compared bgfetch.Compared
	err := t.network.Bridge.call(ctx, "compare", args, &compared)
	t.freed = err == nil && compared.End
	return compared, err
}

// Sent implements bgfetch.Transfer.
func (t *transfer) Sent(ctx context.Context) bgfetch.Sent {
	sent := bgfetch.Sent{EncodedLength: -1}
	if err := t.network.Bridge.call(ctx, "sent", t.id, &sent); err != nil {
		return bgfetch.Sent{EncodedLength: -1}
	}
	return sent
}

func (t *transfer) Stop() { t.network.Bridge.send("stop", t.id) }

func (t *transfer) Close() {
	if !t.freed {
		t.network.Bridge.send("close", t.id)
	}
	if t.atOnce != nil {
		bodies := t.network.Bodies
		t.network.Bridge.send("deleteKeys", keysArgs{bodies.cache(t.uniqueID), []string{bodies.Key(t.atOnce.Key)}})
		t.atOnce = nil
	}
}
