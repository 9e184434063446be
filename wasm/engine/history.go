package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/ranges"
)

const (
	// maxAgain bounds the JSON of what is kept to make one again, in bytes.
	maxAgain = 64 << 10
	// maxTitle bounds a title in a list, in bytes.
	maxTitle = 1000
)

// List returns the background fetches that are not in the history yet, oldest first: the
// active ones, and those that are being finished.
func (e *Engine) List() []bgfetch.Listing {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]bgfetch.Listing, 0, len(e.fetches))
	for _, f := range e.fetches {
		if f.created {
			list = append(list, f.listing())
		}
	}
	slices.SortFunc(list, func(a, b bgfetch.Listing) int {
		if a.Created != b.Created {
			return int(a.Created - b.Created)
		}
		return strings.Compare(a.UniqueID, b.UniqueID)
	})
	return list
}

// listing is what a list shows of f. e.mu is held.
func (f *backgroundFetch) listing() bgfetch.Listing {
	return bgfetch.Listing{
		Snapshot: f.nextSnapshot(),
		Title:    library.Shorten(f.state.Title, maxTitle),
		Icon:     chooseIcon(f.state.Icons),
		Created:  f.state.Created.UnixMilli(),
		URL:      f.records[0].Request.URL,
		Records:  len(f.records),
		Total:    f.total(),
		Pausable: f.onlyGet(),
		Savable:  f.savable(),
		Detail:   f.detail,
	}
}

// savable is Listing.Savable. Responses that may not be read are no part of it. e.mu is held.
func (f *backgroundFetch) savable() bool {
	some := false
	for _, r := range f.records {
		s := r.snapshot()
		if s.Result == bgfetch.ResponseResult(bgfetch.ReasonBadStatus) || !s.Exposed {
			continue
		}
		if s.Head == nil || s.Length < 0 && len(f.records) > 1 {
			return false
		}
		some = true
	}
	return some && (!f.state.Delivered || f.kept())
}

// total is Listing.Total. e.mu is held.
func (f *backgroundFetch) total() int64 {
	total := f.state.UploadTotal + f.state.DownloadTotal
	if f.state.DownloadTotal > 0 {
		return total
	}
	for _, r := range f.records {
		if r.state.Response.Length < 0 {
			return 0
		}
		total += r.state.Response.Length
	}
	return total
}

// ended is what the history keeps of f. e.mu is held.
func (f *backgroundFetch) ended() bgfetch.Ended {
	ended := bgfetch.Ended{Listing: f.listing(), Ended: time.Now().UnixMilli(), AbortedBy: f.state.AbortedBy}
	ended.Kept = false // History says it, for as long as it is so
	if f.state.Result != bgfetch.ResultFailure {
		return ended
	}
	again := bgfetch.FetchInit{
		ID: f.state.ID, Title: f.state.Title, Icons: f.state.Icons, DownloadTotal: f.state.DownloadTotal, Retry: f.state.Retry,
		NetworkOptions: f.state.NetworkOptions,
		Group:          f.state.Group,
		Keep:           f.state.Keep,
		Retention:      f.state.Retention,
		Room:           f.state.Room,
	}
	for _, r := range f.records {
		if r.Request.Body != nil {
			return ended // it was deleted with the others
		}
		again.Requests = append(again.Requests, r.Request)
	}
	if text, err := json.Marshal(again); err == nil && len(text) <= maxAgain {
		ended.Again, ended.Retryable = &again, true
	}
	return ended
}

// History returns the last background fetches that are done with, the last first,
// and the revision of the history. All of which records are kept are among them; one that the
// history has no more has a number below 0.
func (e *Engine) History(ctx context.Context) (history []bgfetch.Ended, revision int64, err error) {
	revision = e.history.Revision()
	history, err = e.history.Stored(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	listed, remains := map[string]bool{}, map[string]int64{}
	for _, one := range e.remains {
		if e.available(one) {
			remains[one.Of] += one.Size()
		}
	}
	for i := range history {
		one := &history[i]
		one.Remains = remains[one.UniqueID]
		one.Again, one.AbortedBy, one.Savable = nil, "", false
		if f := e.kept[one.UniqueID]; f != nil {
			f.setKept(one)
			listed[one.UniqueID] = true
		}
	}
	for uniqueID, f := range e.kept {
		if !listed[uniqueID] {
			keptAt := f.state.KeptAt
			one := bgfetch.Ended{Listing: f.listing(), Number: -keptAt, Ended: keptAt}
			f.setKept(&one)
			history = append(history, one)
		}
	}
	slices.SortStableFunc(history, func(a, b bgfetch.Ended) int { return cmp.Compare(b.Ended, a.Ended) })
	return history, revision, err
}

// setKept says what is still kept of f. e.mu is held.
func (f *backgroundFetch) setKept(ended *bgfetch.Ended) {
	ended.Kept, ended.Savable = true, f.savable()
	ended.Gone, ended.Downloaded = 0, 0
	for _, r := range f.records {
		if r.state.Dropped {
			ended.Gone++
		} else {
			ended.Downloaded += ranges.StoredLength(r.state.Response.Segments)
		}
	}
}

// HistoryRevision is a number that is another one after each change of the
// history, also in another engine over the same store.
func (e *Engine) HistoryRevision() int64 { return e.history.Revision() }

// DeleteHistory deletes what the history has under the number, and what that background fetch
// left for another try. The error is ErrUnknown where it has nothing.
func (e *Engine) DeleteHistory(ctx context.Context, number int64) error {
	ended, err := e.history.With(ctx, number)
	if err != nil {
		return err
	}
	if _, err := e.DeleteRemains(ctx, ended.UniqueID); err != nil {
		return err
	}
	return e.history.Delete(ctx, number)
}

// ClearHistory deletes all of the history, and what is left for another try.
func (e *Engine) ClearHistory(ctx context.Context) error {
	if _, err := e.DeleteRemains(ctx, ""); err != nil {
		return err
	}
	return e.history.Clear(ctx)
}

// Retry makes a background fetch of the history again, with the same id and
// requests, and deletes it there. uniqueID is the new one's; like Fetch it can be
// called twice with the same, also after that one is done with.
func (e *Engine) Retry(ctx context.Context, number int64, uniqueID string) (bgfetch.Snapshot, error) {
	if snapshot, err := e.Snapshot(uniqueID); err == nil {
		return snapshot, nil
	}
	ended, err := e.history.With(ctx, number)
	if err != nil {
		return bgfetch.Snapshot{}, err
	}
	again := ended.Again
	if again == nil {
		return bgfetch.Snapshot{}, bgfetch.Errorf(bgfetch.InvalidStateError, "the background fetch %q cannot be repeated", ended.ID)
	}
	again.UniqueID = uniqueID
	snapshot, err := e.Fetch(ctx, *again)
	if err != nil {
		return bgfetch.Snapshot{}, err
	}
	return snapshot, e.history.Forget(ctx, ended)
}
