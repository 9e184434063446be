package engine

import "background-fetch-wasm/wasm/bgfetch"

// Pause sets the paused flag: what is under way is stopped, what was read of it
// is kept, and nothing more is asked for until Resume. Only requests that are not
// GET run on once they are sent. It says whether the background fetch is paused;
// one that has settled is not.
//
// Source: #background-fetch-paused-flag
func (e *Engine) Pause(uniqueID string) (bool, error) {
	f, err := e.pausable(uniqueID)
	if f == nil {
		return false, err
	}
	err = f.change(func(s *bgfetch.FetchState) { s.Paused = !f.settling })
	e.mu.Lock()
	paused := f.state.Paused
	e.mu.Unlock()
	f.note(bgfetch.LogPaused, "")
	return paused, e.changed(f, err)
}

// Resume unsets the paused flag, and goes on. What waits for a server, or for another request of
// the site, is tried now.
func (e *Engine) Resume(uniqueID string) error {
	f, err := e.pausable(uniqueID)
	if f == nil {
		return err
	}
	err = f.change(func(s *bgfetch.FetchState) { s.Paused, s.Prompting = false, false })
	f.note(bgfetch.LogResumed, "")
	e.mu.Lock()
	if !f.settling {
		e.hastenRetries(f)
	}
	e.mu.Unlock()
	return e.changed(f, err)
}

// pausable finds a background fetch; nil without an error is one that has settled.
func (e *Engine) pausable(uniqueID string) (*backgroundFetch, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, err := e.lookUp(uniqueID)
	if err != nil || f.settling {
		return nil, err
	}
	return f, nil
}

// changed shows a change that somebody asked for, and turns the error of storing
// it into theirs. It returns when the instances know it: who asked is to find it so.
func (e *Engine) changed(f *backgroundFetch, err error) error {
	e.goWork(func() { e.presenter.show(f) })
	snapshot := f.lockAndSnapshot()
	e.Events.Update(e.ctx, []bgfetch.Snapshot{snapshot}, true)
	if err != nil {
		return storageError("the background fetch", err)
	}
	return nil
}
