package bgfetchtest

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// transfer is a response that is being read: the bgfetch.Transfer that Network.Open returns.
type transfer struct {
	network  *Network
	init     bgfetch.TransferInit
	response Response
	sent     int
	// requested is when it was asked for, ended when its end came.
	requested, ended time.Time
	end              func()
	stopped          chan struct{}
	// atOnce: Open has stored the body, and Save has not given it.
	atOnce bool
	stop   sync.Once
	close  sync.Once
}

func (t *transfer) Head() bgfetch.Head { return t.response.Head }

func (t *transfer) Stop() { t.stop.Do(func() { close(t.stopped) }) }

func (t *transfer) Close() {
	t.close.Do(func() {
		t.Stop()
		t.end()
		if t.atOnce {
			_ = t.network.bodies.DeleteSegments(context.Background(), t.init.UniqueID, []bgfetch.SegmentKey{t.init.AtOnce.Key})
		}
	})
}

// storeAtOnce stores a small body that has come with its head. One that cannot be stored is left to Save.
func (t *transfer) storeAtOnce(ctx context.Context) {
	at, r := t.init.AtOnce, t.response
	if at == nil || r.Head.Status != 200 || r.Rate > 0 || r.Cut > 0 || r.CutAtOnce || r.Stall > 0 || r.StallAtOnce || r.LateEnd {
		return
	}
	length := int64(len(r.Body))
	if length == 0 || r.Head.ContentLength() <= 0 || max(length, r.Head.ContentLength()) > at.MaxLength {
		return
	}
	stored := t.network.store(func() error { return t.network.bodies.Put(t.init.UniqueID, at.Key, r.Body) })
	if stored(ctx) == nil {
		t.atOnce, t.sent, t.ended = true, len(r.Body), time.Now()
		t.network.taken.Add(length)
	}
}

// give is Save for a body that Open has stored.
func (t *transfer) give(key bgfetch.SegmentKey) (bgfetch.Saved, error) {
	at := t.init.AtOnce.Key
	if key.Nonce = at.Nonce; key != at {
		return bgfetch.Saved{}, fmt.Errorf("the body was stored as another segment: %w", bgfetch.ErrNetwork)
	}
	t.atOnce = false
	return bgfetch.Saved{Length: int64(t.sent), End: true, Nonce: at.Nonce}, nil
}

// take returns the next bytes of the body, and whether it has ended cleanly after them.
func (t *transfer) take(ctx context.Context, limits bgfetch.SaveLimits) (body []byte, end bool, err error) {
	select {
	case <-t.stopped:
		return nil, false, bgfetch.ErrStopped
	default:
	}
	t.network.mu.Lock()
	broken := t.network.isDead(t.init.Request.URL)
	t.network.mu.Unlock()
	select {
	case <-t.response.Broken:
		broken = true
	default:
	}
	available := len(t.response.Body)
	if t.response.Cut > 0 {
		available = min(available, t.response.Cut)
	}
	if t.response.Stall > 0 {
		available = min(available, t.response.Stall)
	}
	n := min(int(limits.MaxLength), available-t.sent)
	if t.response.Rate > 0 {
		n = min(n, max(1, t.response.Link.atMost(t.response.Rate)*int(limits.MinTime)/int(time.Second)))
		took := max(time.Duration(n)*time.Second/time.Duration(t.response.Rate), t.response.Link.carry(n))
		if err := sleep(ctx, took); err != nil {
			return nil, false, err
		}
	}
	switch {
	case broken || t.response.CutAtOnce || (n == 0 && t.response.Cut > 0 && t.sent == t.response.Cut):
		return nil, false, fmt.Errorf("cut after %d bytes: %w", t.sent, bgfetch.ErrNetwork)
	case t.response.StallAtOnce, n == 0 && t.response.Stall > 0:
		select {
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-t.stopped:
			return nil, false, bgfetch.ErrStopped
		}
	}
	t.sent += n
	t.network.taken.Add(int64(n))
	end = t.sent == len(t.response.Body) && (n == 0 || !t.response.LateEnd)
	if end {
		t.ended = time.Now()
	}
	return t.response.Body[t.sent-n : t.sent], end, nil
}

// Save implements bgfetch.Transfer.
func (t *transfer) Save(ctx context.Context, key bgfetch.SegmentKey, limits bgfetch.SaveLimits, w io.Writer) (bgfetch.Saved, error) {
	if t.atOnce {
		return t.give(key)
	}
	body, end, err := t.take(ctx, limits)
	if err != nil {
		return bgfetch.Saved{}, err
	}
	saved := bgfetch.Saved{Length: int64(len(body)), End: end}
	if len(body) > 0 {
		stored := t.network.store(func() error { return t.network.bodies.Put(t.init.UniqueID, key, body) })
		var sum []byte
		if limits.Digest != "" && saved.Length == limits.MaxLength {
			sum = sumOf(limits.Digest, body)
		}
		if saved.End {
			if err := stored(ctx); err != nil {
				return bgfetch.Saved{}, err
			}
			saved.Sum = sum
		} else {
			saved.Stored = func(ctx context.Context) ([]byte, error) { return sum, stored(ctx) }
		}
		if w != nil {
			_, _ = w.Write(body)
		}
	}
	return saved, nil
}

// Compare implements bgfetch.Transfer.
func (t *transfer) Compare(ctx context.Context, stored []bgfetch.StoredRange, limits bgfetch.SaveLimits) (bgfetch.Compared, error) {
	want, err := t.network.bodies.Ranges(t.init.UniqueID, stored)
	if err != nil {
		return bgfetch.Compared{}, err
	}
	limits.MaxLength = min(limits.MaxLength, want.Len())
	body, end, err := t.take(ctx, limits)
	return bgfetch.Compared{Length: int64(len(body)), Equal: want.HasPrefix(body), End: end}, err
}

// Sent implements bgfetch.Transfer.
func (t *transfer) Sent(context.Context) bgfetch.Sent {
	sent := bgfetch.Sent{EncodedLength: -1}
	if t.response.Sent != nil {
		sent = *t.response.Sent
	}
	if sent.Duration == 0 {
		sent.Duration = float64(t.ended.Sub(t.requested)) / float64(time.Millisecond)
	}
	return sent
}

// store calls put when the time for that has passed; stored waits for it.
func (n *Network) store(put func() error) (stored func(context.Context) error) {
	number := int(n.segments.Add(1))
	if n.StoreTime == nil {
		err := put()
		return func(context.Context) error { return err }
	}
	n.mu.Lock()
	died := n.died
	n.mu.Unlock()
	done := make(chan error, 1)
	go func() {
		time.Sleep(n.StoreTime(number))
		err := put()
		select {
		case <-died:
			n.storedLate.Store(true)
		default:
		}
		done <- err
	}()
	return func(ctx context.Context) error {
		select {
		case err := <-done:
			return err
		case <-died:
			return bgfetch.ErrStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
