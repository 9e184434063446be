package engine

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

var (
	actionAbort  = bgfetch.Action{Action: bgfetch.ActionAbort, Title: "Abort"}
	actionPause  = bgfetch.Action{Action: bgfetch.ActionPause, Title: "Pause"}
	actionResume = bgfetch.Action{Action: bgfetch.ActionResume, Title: "Resume"}
	actionAgree  = bgfetch.Action{Action: bgfetch.ActionResume, Title: "Download"}
)

// UpdateUI changes title and icons of a background fetch whose records are still
// available, and shows them.
//
// Source: #dom-backgroundfetchupdateuievent-updateui
func (e *Engine) UpdateUI(uniqueID string, ui bgfetch.UI) error {
	e.mu.Lock()
	f, err := e.readable(uniqueID)
	if err == nil && f.state.Delivered {
		err = bgfetch.Errorf(bgfetch.InvalidStateError, "the closing event of the background fetch %q is over", f.state.ID)
	}
	e.mu.Unlock()
	if err != nil {
		return err
	}
	err = f.change(func(s *bgfetch.FetchState) {
		if ui.Title != nil {
			s.Title = *ui.Title
		}
		if len(ui.Icons) > 0 {
			s.Icons = ui.Icons
		}
	})
	if err != nil && e.ctx.Err() == nil {
		f.fail("its new title and icons are not stored", err)
	}
	e.shower.show(f)
	return nil
}

// shower decides when something is shown: a background fetch that takes longer
// than interval, with its progress no more often than every interval, and its
// result at once.
type shower struct {
	engine *Engine
	wake   chan struct{} // holds one

	showing sync.Mutex // held while showing, so that nothing overtakes

	mu    sync.Mutex
	dirty map[*backgroundFetch]struct{}
}

func newShower(e *Engine) *shower {
	return &shower{engine: e, wake: make(chan struct{}, 1), dirty: map[*backgroundFetch]struct{}{}}
}

// touch marks that there is something new to show of f.
func (s *shower) touch(f *backgroundFetch) {
	s.mu.Lock()
	s.dirty[f] = struct{}{}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run shows progress until ctx ends.
func (s *shower) run(ctx context.Context) {
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(s.engine.options.ShowInterval):
		case <-ctx.Done():
			return
		}
		s.mu.Lock()
		dirty := s.dirty
		s.dirty = map[*backgroundFetch]struct{}{}
		s.mu.Unlock()
		for f := range dirty {
			switch {
			case f.ctx.Err() != nil: // its result is shown by settled
			case !s.isDue(f):
				s.touch(f)
			default:
				s.show(f)
			}
		}
	}
}

// isDue says whether f takes long enough to be shown.
func (s *shower) isDue(f *backgroundFetch) bool {
	return time.Since(f.state.Created) >= s.engine.options.ShowInterval
}

// settled shows the result of f. One that was aborted is shown no longer.
func (s *shower) settled(f *backgroundFetch) {
	if s.isDue(f) || f.state.FailureReason == bgfetch.ReasonAborted {
		s.show(f)
	}
}

// show shows f as it is now, and returns when that is done.
func (s *shower) show(f *backgroundFetch) {
	e := s.engine
	if e.Display == nil {
		return
	}
	s.showing.Lock()
	defer s.showing.Unlock()
	e.mu.Lock()
	shown := f.shown(e.options.Origin)
	e.mu.Unlock()
	switch {
	case e.ctx.Err() != nil:
	case shown.Snapshot.FailureReason == bgfetch.ReasonAborted:
		e.Display.Close(e.ctx, shown.UniqueID)
	default:
		// One that waits has no progress that would show it later.
		if err := e.Display.Show(e.ctx, shown); err != nil {
			s.touch(f)
		}
	}
}

// shown is what is to be seen of f. e.mu is held.
func (f *backgroundFetch) shown(origin string) bgfetch.Shown {
	host := origin
	if u, err := url.Parse(origin); err == nil && u.Host != "" {
		host = u.Host
	}
	s := bgfetch.Shown{
		UniqueID: f.state.UniqueID, Title: f.state.Title, Icon: chooseIcon(f.state.Icons),
		Prompting: f.state.Prompting, Snapshot: f.snapshot(), Actions: []bgfetch.Action{},
	}
	s.Body = strings.Join([]string{host, f.amount()}, "\n")
	if s.Title == "" {
		s.Title, s.Body = host, f.amount()
	}
	if f.settling {
		return s
	}
	if f.state.Prompting {
		s.Actions = append(s.Actions, actionAgree)
	}
	s.Actions = append(s.Actions, actionAbort)
	switch {
	case f.state.Prompting:
	case f.state.Paused:
		s.Actions = append(s.Actions, actionResume)
	case f.onlyGet():
		s.Actions = append(s.Actions, actionPause)
	}
	return s
}

// onlyGet says whether all requests can be stopped and made again.
func (f *backgroundFetch) onlyGet() bool {
	for _, r := range f.records {
		if !r.Request.IsSafe() {
			return false
		}
	}
	return true
}

// amount is how much of it is done, and how it stands, in a line.
func (f *backgroundFetch) amount() string {
	state := &f.state
	var text string
	switch {
	case state.DownloadTotal > 0:
		text = amountOf(f.uploaded+f.downloaded, state.UploadTotal+state.DownloadTotal)
	case f.uploaded < state.UploadTotal:
		text = amountOf(f.uploaded, state.UploadTotal)
	default:
		text = amountOf(f.uploaded+f.downloaded, 0)
	}
	switch {
	case state.Result == bgfetch.ResultSuccess:
		return "✓ " + amountOf(f.uploaded+f.downloaded, 0)
	case state.Result == bgfetch.ResultFailure:
		return "✗ " + text
	case state.Paused:
		return "⏸ " + text
	}
	return text
}

// amountOf is "12 / 60 MB", or "12 MB" where the total is not known.
func amountOf(done, total int64) string {
	unit, name := int64(1), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if max(done, total) < unit*1000 {
			break
		}
		unit, name = unit*1000, next
	}
	text := inUnit(done, unit)
	if total > 0 {
		text += " / " + inUnit(total, unit)
	}
	return text + " " + name
}

// inUnit has one digit after the point where there is only one before it.
func inUnit(n, unit int64) string {
	tenths := (n*10 + unit/2) / unit
	if unit == 1 || tenths >= 100 || tenths%10 == 0 {
		return strconv.FormatInt((n+unit/2)/unit, 10)
	}
	return strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10)
}

// iconSize is what notifications show at most, on any screen, in pixels.
const iconSize = 192

// chooseIcon gives the URL of the smallest image that is large enough, or else of
// the largest. One that fits any size is large enough.
func chooseIcon(icons []bgfetch.Image) string {
	var chosen string
	best := -1
	for _, icon := range icons {
		size := largestSize(icon.Sizes)
		better := size > best
		if best >= iconSize {
			better = size >= iconSize && size < best
		}
		if better {
			chosen, best = icon.Src, size
		}
	}
	return chosen
}

// largestSize is the largest width in a list of sizes, 0 where there is none.
//
// Source: https://html.spec.whatwg.org/#attr-link-sizes
func largestSize(sizes string) int {
	largest := 0
	for size := range strings.FieldsSeq(strings.ToLower(sizes)) {
		if size == "any" {
			return 1 << 20
		}
		width, _, ok := strings.Cut(size, "x")
		if n, err := strconv.Atoi(width); ok && err == nil {
			largest = max(largest, n)
		}
	}
	return largest
}
