package engine

import "background-fetch-wasm/wasm/bgfetch"

// Pause sets the paused flag: what is under way is stopped, what was read of it
// is kept, and nothing more is asked for until Resume. Only requests that are not
// GET run on once they are sent. It says whether the background fetch is paused;
// one that has settled is not.
//
// Source: #background-fetch-paused-flag
func (e *Engine) Pause(uniqueID string) (bool, error) {
	found, err := e.pausable(uniqueID)
	if err != nil {
		return false, err
	}
	return e.pause(found)
}

func (e *Engine) pause(found []*backgroundFetch) (bool, error) {
	changed, err := e.changeAll(found, func(s *bgfetch.FetchState) { s.Paused = true })
	paused := false
	e.mu.Lock()
	for _, f := range changed {
		paused = paused || f.state.Paused
		f.note(bgfetch.LogPaused, "")
	}
	e.mu.Unlock()
	return paused, e.changed(changed, err)
}

// Resume unsets the paused flag, and goes on. What waits for a server, or for another request of
// the site, is tried now.
func (e *Engine) Resume(uniqueID string) error {
	found, err := e.pausable(uniqueID)
	if err != nil {
		return err
	}
	return e.resume(found)
}

func (e *Engine) resume(found []*backgroundFetch) error {
	changed, err := e.changeAll(found, func(s *bgfetch.FetchState) { s.Paused, s.Prompting = false, false })
	e.mu.Lock()
	for _, f := range changed {
		f.note(bgfetch.LogResumed, "")
		if !f.settling {
			e.hastenRetries(f)
		}
	}
	e.mu.Unlock()
	return e.changed(changed, err)
}

// pausable finds a background fetch; none without an error is one that has settled.
func (e *Engine) pausable(uniqueID string) ([]*backgroundFetch, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, err := e.lookUp(uniqueID)
	if err != nil || f.settling {
		return nil, err
	}
	return []*backgroundFetch{f}, nil
}

// changed shows a change of one, or of all of a group, that somebody asked for, and turns the
// error of storing it into theirs. It returns when the instances know it: who asked is to find it so.
func (e *Engine) changed(fetches []*backgroundFetch, err error) error {
	if len(fetches) == 0 {
		return nil
	}
	e.goWork(func() { e.presenter.show(fetches[0]) })
	var snapshots []bgfetch.Snapshot
	for _, f := range fetches {
		snapshots = append(snapshots, f.lockAndSnapshot())
	}
	e.tell(e.ctx, true, snapshots...)
	if err != nil {
		return storageError("the background fetch", err)
	}
	return nil
}
