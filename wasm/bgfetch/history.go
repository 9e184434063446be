package bgfetch

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Listing is what a list of background fetches shows of one.
type Listing struct {
	Snapshot
	// Title is the site's, shortened.
	Title string `json:"title"`
	// Icon is a URL, or "".
	Icon string `json:"icon,omitempty"`
	// Created is in ms since 1970.
	Created int64 `json:"created"`
	// URL is that of the first request, and Records the number of requests.
	URL     string `json:"url"`
	Records int    `json:"records"`
	// Total is the number of bytes of all request and response bodies, or 0 while
	// neither the site nor the servers have said it.
	Total int64 `json:"total"`
	// Pausable is set where all that is under way can be stopped and made again.
	Pausable bool `json:"pausable,omitempty"`
	// Savable is set where the bodies can be had as a file: that of the only record, or of
	// all in one archive.
	Savable bool `json:"savable,omitempty"`
	// Detail says for people why it failed, or "".
	Detail string `json:"detail,omitempty"`
}

// Ended is a background fetch that is done with, as the history keeps it.
type Ended struct {
	Listing
	// Number names it in the history, which gives it: the last has the largest.
	Number int64 `json:"number"`
	// Ended is in ms since 1970.
	Ended int64 `json:"ended"`
	// Retryable: Retry can make it again.
	Retryable bool `json:"retryable,omitempty"`
	// Kept: there are records of it that were kept. The history does not store it.
	Kept bool `json:"kept,omitempty"`
	// AbortedBy is the name of the call that aborted it. Only the store sees it.
	AbortedBy string `json:"abortedBy,omitempty"`
	// Again is what it is made again with. It is kept of one that failed, whose
	// requests have no body and are small. Only the store sees it.
	Again *FetchInit `json:"again,omitempty"`
}

// MaxHistory is the number of background fetches that the history keeps.
const MaxHistory = 100

const (
	// maxAgain bounds the JSON of what is kept to make one again, in bytes.
	maxAgain = 64 << 10
	// maxTitle bounds a title in a list, in bytes.
	maxTitle = 1000
)

// List returns the background fetches that are not in the history yet, oldest first: the
// active ones, and those that are being finished.
func (e *Engine) List() []Listing {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]Listing, 0, len(e.fetches))
	for _, f := range e.fetches {
		if f.created {
			list = append(list, f.listing())
		}
	}
	slices.SortFunc(list, func(a, b Listing) int {
		if a.Created != b.Created {
			return int(a.Created - b.Created)
		}
		return strings.Compare(a.UniqueID, b.UniqueID)
	})
	return list
}

// listing is what a list shows of f. e.mu is held.
func (f *backgroundFetch) listing() Listing {
	return Listing{
		Snapshot: f.snapshot(),
		Title:    shorten(f.state.Title, maxTitle),
		Icon:     chooseIcon(f.state.Icons),
		Created:  f.state.Created.UnixMilli(),
		URL:      f.records[0].request.URL,
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
		if s.Result == ResponseResult(ReasonBadStatus) || !s.Exposed {
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
func (f *backgroundFetch) ended() Ended {
	ended := Ended{Listing: f.listing(), Ended: time.Now().UnixMilli(), AbortedBy: f.state.AbortedBy}
	if f.state.Result != ResultFailure {
		return ended
	}
	again := FetchInit{
		ID: f.state.ID, Title: f.state.Title, Icons: f.state.Icons, DownloadTotal: f.state.DownloadTotal, Retry: f.state.Retry,
		NetworkOptions: f.state.NetworkOptions,
		Keep:           f.state.Keep,
	}
	for _, r := range f.records {
		if r.request.Body != nil {
			return ended // it was deleted with the others
		}
		again.Requests = append(again.Requests, r.request)
	}
	if text, err := json.Marshal(again); err == nil && len(text) <= maxAgain {
		ended.Again, ended.Retryable = &again, true
	}
	return ended
}

// History returns the last background fetches that are done with, the last first,
// and the revision of the history. All of which records are kept are among them; one that the
// history has no more has a number below 0.
func (e *Engine) History(ctx context.Context) (history []Ended, revision int64, err error) {
	revision = e.HistoryRevision()
	history, err = e.Store.History(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	listed := map[string]bool{}
	for i := range history {
		one := &history[i]
		one.Again, one.AbortedBy, one.Savable = nil, "", false
		if f := e.kept[one.UniqueID]; f != nil {
			one.Kept, one.Savable = true, f.savable()
			listed[one.UniqueID] = true
		}
	}
	for uniqueID, f := range e.kept {
		if !listed[uniqueID] {
			keptAt := f.state.KeptAt
			history = append(history, Ended{Listing: f.listing(), Number: -keptAt, Ended: keptAt, Kept: true})
		}
	}
	slices.SortStableFunc(history, func(a, b Ended) int { return cmp.Compare(b.Ended, a.Ended) })
	return history, revision, err
}

// HistoryRevision is a number that is another one after each change of the
// history, also in another engine over the same store.
func (e *Engine) HistoryRevision() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.revision
}

func (e *Engine) historyChanged() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.revision = max(e.revision+1, time.Now().UnixMicro())
}

// DeleteHistory deletes what the history has under the number. The error is ErrUnknown
// where it has nothing.
func (e *Engine) DeleteHistory(ctx context.Context, number int64) error {
	if _, err := e.endedWith(ctx, number); err != nil {
		return err
	}
	defer e.historyChanged()
	return e.Store.DeleteHistory(ctx, number)
}

// ClearHistory deletes all of the history.
func (e *Engine) ClearHistory(ctx context.Context) error {
	defer e.historyChanged()
	return e.Store.DeleteHistory(ctx)
}

// endedWith returns what the history has under the number, or ErrUnknown.
func (e *Engine) endedWith(ctx context.Context, number int64) (Ended, error) {
	history, err := e.Store.History(ctx)
	if err != nil {
		return Ended{}, err
	}
	i := slices.IndexFunc(history, func(ended Ended) bool { return ended.Number == number })
	if i < 0 {
		return Ended{}, ErrUnknown
	}
	return history[i], nil
}

// Retry makes a background fetch of the history again, with the same id and
// requests, and deletes it there. uniqueID is the new one's; like Fetch it can be
// called twice with the same, also after that one is done with.
func (e *Engine) Retry(ctx context.Context, number int64, uniqueID string) (Snapshot, error) {
	if snapshot, err := e.Snapshot(uniqueID); err == nil {
		return snapshot, nil
	}
	ended, err := e.endedWith(ctx, number)
	if err != nil {
		return Snapshot{}, err
	}
	again := ended.Again
	if again == nil {
		return Snapshot{}, errorf(InvalidStateError, "the background fetch %q cannot be made again", ended.ID)
	}
	again.UniqueID = uniqueID
	snapshot, err := e.Fetch(ctx, *again)
	if err != nil {
		return Snapshot{}, err
	}
	defer e.historyChanged()
	return snapshot, e.Store.DeleteHistory(ctx, number) // it may be gone meanwhile
}

// shorten cuts a text to so many bytes, and says so.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}
