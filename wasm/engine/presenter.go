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
		f.complain("its new title and icons are not stored", err)
	}
	e.presenter.show(f)
	return nil
}

// presenter decides when something is shown: a background fetch that takes longer
// than interval, with its progress no more often than every interval, and its
// result at once.
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
		for f := range p.changed.Take() {
			switch {
			case f.ctx.Err() != nil: // its result is shown by settled
			case !p.isDue(f):
				p.touch(f)
			default:
				p.show(f)
			}
		}
	})
}

// isDue says whether f takes long enough to be shown.
func (p *presenter) isDue(f *backgroundFetch) bool {
	return time.Since(f.state.Created) >= p.engine.options.ShowInterval
}

// settled shows the result of f. One that was aborted is shown no longer.
func (p *presenter) settled(f *backgroundFetch) {
	if p.isDue(f) || f.stored().FailureReason == bgfetch.ReasonAborted {
		p.show(f)
	}
}

// show shows f as it is now, and returns when that is done.
func (p *presenter) show(f *backgroundFetch) {
	e := p.engine
	if e.Display == nil {
		return
	}
	p.showing.Lock()
	defer p.showing.Unlock()
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
			p.touch(f)
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
		Prompting: f.state.Prompting, Snapshot: f.nextSnapshot(), Actions: []bgfetch.Action{},
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
