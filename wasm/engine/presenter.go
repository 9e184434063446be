package engine

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/coalesce"
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
		f.complain("its new title and icons could not be stored", err)
	}
	e.presenter.show(f)
	return nil
}

// presenter decides when something is shown: a background fetch that takes longer
// than interval, with its progress no more often than every interval, and its
// result at once. Those of a group are shown as one.
type presenter struct {
	engine  *Engine
	changed *coalesce.Set[*backgroundFetch]

	showing sync.Mutex // held while showing, so that nothing overtakes
}

func newPresenter(e *Engine) *presenter {
	return &presenter{engine: e, changed: coalesce.New[*backgroundFetch]()}
}

// touch marks that there is something new to show of f.
func (p *presenter) touch(f *backgroundFetch) { p.changed.Touch(f) }

// run shows progress until ctx ends.
func (p *presenter) run(ctx context.Context) {
	p.changed.Run(ctx, p.engine.options.ShowInterval, 0, func() {
		shown := map[string]bool{"": false}
		for f := range p.changed.Take() {
			group := f.state.Group
			switch {
			case f.ctx.Err() != nil && !p.goesOn(f): // its result is shown by settled
			case shown[group]:
			case !p.isDue(f):
				p.touch(f)
			default:
				p.show(f)
				shown[group] = group != ""
			}
		}
	})
}

// isDue says whether f, or its group, takes long enough to be shown.
func (p *presenter) isDue(f *backgroundFetch) bool {
	since := f.state.Created
	if f.state.Group != "" {
		p.engine.mu.Lock()
		if round := p.engine.roundOf(f.state.Group); len(round) > 0 { // the history may be gone
			since = time.UnixMilli(round[0].Created)
		}
		p.engine.mu.Unlock()
	}
	return time.Since(since) >= p.engine.options.ShowInterval
}

// goesOn says whether others of the group of f are under way.
func (p *presenter) goesOn(f *backgroundFetch) bool {
	if f.state.Group == "" {
		return false
	}
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	for _, other := range p.engine.active {
		if other.state.Group == f.state.Group {
			return true
		}
	}
	return false
}

// settled shows the result of f. One that was aborted is shown no longer.
func (p *presenter) settled(f *backgroundFetch) {
	switch {
	case p.goesOn(f):
		p.touch(f)
	case p.isDue(f) || f.stored().FailureReason == bgfetch.ReasonAborted:
		p.show(f)
	}
}

// show shows f, or its group, as it is now, and returns when that is done.
func (p *presenter) show(f *backgroundFetch) {
	e := p.engine
	if e.Display == nil {
		return
	}
	p.showing.Lock()
	defer p.showing.Unlock()
	e.mu.Lock()
	shown, what := f.shown()
	if f.state.Group != "" {
		shown, what = f.shownGroup()
	}
	e.mu.Unlock()
	switch {
	case e.ctx.Err() != nil || what == showLater:
	case what == showNothing:
		e.Display.Close(e.ctx, shown.Tag)
	default:
		// One that waits has no progress that would show it later.
		if err := e.Display.Show(e.ctx, shown); err != nil {
			p.touch(f)
		}
	}
}

// fate is what becomes of what is shown.
type fate int

const (
	showNow fate = iota
	// showNothing: it is taken away.
	showNothing
	// showLater: another one is about to show it.
	showLater
)

// host is what the user is told that it comes from.
func (e *Engine) host() string {
	if u, err := url.Parse(e.options.Origin); err == nil && u.Host != "" {
		return u.Host
	}
	return e.options.Origin
}

// shown is what is to be seen of f. e.mu is held.
func (f *backgroundFetch) shown() (bgfetch.Shown, fate) {
	host := f.engine.host()
	s := bgfetch.Shown{
		Tag: f.state.UniqueID, Title: f.state.Title, Icon: chooseIcon(f.state.Icons),
		Prompting: f.state.Prompting, Snapshot: f.nextSnapshot(), Actions: []bgfetch.Action{}, Lang: f.engine.options.Lang,
	}
	s.Body = strings.Join([]string{host, f.amount()}, "\n")
	if s.Title == "" {
		s.Title, s.Body = host, f.amount()
	}
	if f.state.FailureReason == bgfetch.ReasonAborted {
		return s, showNothing
	}
	if !f.settling {
		s.Actions = f.engine.actionsFor(f.state.Prompting, f.state.Paused, f.onlyGet())
	}
	return s, showNow
}

// actionsFor are the actions for what is under way. e.mu is held.
func (e *Engine) actionsFor(prompting, paused, pausable bool) []bgfetch.Action {
	abort := e.action(bgfetch.ActionAbort, "abort")
	switch {
	case prompting:
		return []bgfetch.Action{e.action(bgfetch.ActionResume, "agree"), abort}
	case paused:
		return []bgfetch.Action{abort, e.action(bgfetch.ActionResume, "resume")}
	case pausable:
		return []bgfetch.Action{abort, e.action(bgfetch.ActionPause, "pause")}
	}
	return []bgfetch.Action{abort}
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
