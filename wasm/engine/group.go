package engine

import (
	"context"
	"maps"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

// member is what a group knows of f. e.mu is held.
func (f *backgroundFetch) member() library.Member {
	return library.Member{Snapshot: f.nextSnapshot(), Total: f.total(), Created: f.state.Created.UnixMilli()}
}

// rounds are the last rounds of the groups with these names, or of all where none is given. One
// that nobody has is not there. e.mu is held.
func (e *Engine) rounds(names map[string]bool) map[string][]library.Member {
	members := map[string][]library.Member{}
	wanted := func(group string) bool { return group != "" && (names == nil || names[group]) }
	for _, f := range e.fetches {
		if f.created && wanted(f.state.Group) {
			members[f.state.Group] = append(members[f.state.Group], f.member())
		}
	}
	for _, past := range e.history.Members() {
		if wanted(past.Group) {
			members[past.Group] = append(members[past.Group], past)
		}
	}
	for name, all := range members {
		members[name] = library.Round(all)
	}
	return members
}

// sumUp is what is told of a group now. e.mu is held.
func (e *Engine) sumUp(name string, round []library.Member) bgfetch.GroupSnapshot {
	sums := library.SumUp(name, round)
	e.snapshots++
	sums.Engine, sums.Revision = e.number, e.snapshots
	return sums
}

// groupsNow is what is told of the groups with these names, in the order of the names: nothing
// while what has ended before is not known.
func (e *Engine) groupsNow(names map[string]bool) []bgfetch.GroupSnapshot {
	groups := []bgfetch.GroupSnapshot{}
	select {
	case <-e.history.Remembered():
	default:
		return groups
	}
	if names != nil && len(names) == 0 {
		return groups
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	rounds := e.rounds(names)
	for _, name := range slices.Sorted(maps.Keys(rounds)) {
		groups = append(groups, e.sumUp(name, rounds[name]))
	}
	return groups
}

// Groups tells of all groups that the background fetches of List have, and, with past, that those
// of the history have.
func (e *Engine) Groups(ctx context.Context, past bool) ([]bgfetch.GroupSnapshot, error) {
	if err := e.waitRemembered(ctx); err != nil {
		return nil, err
	}
	if past {
		return e.groupsNow(nil), nil
	}
	names := map[string]bool{}
	e.mu.Lock()
	for _, f := range e.fetches {
		if f.created && f.state.Group != "" {
			names[f.state.Group] = true
		}
	}
	e.mu.Unlock()
	return e.groupsNow(names), nil
}

// Group tells of the group with that name. Of one that nobody has, all sums are 0.
func (e *Engine) Group(ctx context.Context, name string) (bgfetch.GroupSnapshot, error) {
	if err := bgfetch.CheckGroup(name, "group"); err != nil {
		return bgfetch.GroupSnapshot{}, err
	}
	if err := e.waitRemembered(ctx); err != nil {
		return bgfetch.GroupSnapshot{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sumUp(name, e.roundOf(name)), nil
}

// underWay are the background fetches of the group that have not settled, the oldest first.
func (e *Engine) underWay(name string) ([]*backgroundFetch, error) {
	if err := bgfetch.CheckGroup(name, "group"); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []*backgroundFetch
	for _, f := range e.active {
		if f.created && f.state.Group == name {
			found = append(found, f)
		}
	}
	slices.SortFunc(found, func(a, b *backgroundFetch) int { return a.state.Created.Compare(b.state.Created) })
	return found, nil
}

// changeAll changes those that have not settled, by one write, and returns them: after a crash all
// of them are changed, or none is.
func (e *Engine) changeAll(fetches []*backgroundFetch, set func(*bgfetch.FetchState)) ([]*backgroundFetch, error) {
	e.grouping.Lock()
	defer e.grouping.Unlock()
	for _, f := range fetches {
		f.storing.Lock()
		defer f.storing.Unlock()
	}
	e.mu.Lock()
	fetches = slices.DeleteFunc(fetches, func(f *backgroundFetch) bool { return f.settling })
	e.mu.Unlock()
	if len(fetches) == 0 {
		return nil, nil
	}
	// What settles meanwhile stores its result after this, as it is then.
	err := e.put(func(f *backgroundFetch, s *bgfetch.FetchState) {
		if !f.settling {
			set(s)
		}
	}, fetches...)
	return fetches, err
}

// PauseGroup pauses all of a group that are under way, and says whether any is paused.
func (e *Engine) PauseGroup(name string) (bool, error) {
	found, err := e.underWay(name)
	if err != nil {
		return false, err
	}
	return e.pause(found)
}

// ResumeGroup lets all of a group go on.
func (e *Engine) ResumeGroup(name string) error {
	found, err := e.underWay(name)
	if err != nil {
		return err
	}
	return e.resume(found)
}

// SetGroupOptions is SetOptions for all of a group that are under way.
func (e *Engine) SetGroupOptions(name string, change bgfetch.NetworkOptionsInit) (bool, error) {
	return e.setOptions(change, func() ([]*backgroundFetch, error) { return e.underWay(name) })
}

// AbortGroup aborts all of a group that are under way, and says whether any was. Before any of
// them ends it is stored that all do. call is that of Abort.
func (e *Engine) AbortGroup(ctx context.Context, name, call string) (bool, error) {
	if err := checkCall(call); err != nil {
		return false, err
	}
	if err := e.waitRemembered(ctx); err != nil {
		return false, err
	}
	found, err := e.underWay(name)
	if err != nil {
		return false, err
	}
	aborted, err := e.changeAll(found, func(s *bgfetch.FetchState) { s.Aborted, s.AbortedBy = true, call })
	if err != nil && e.ctx.Err() == nil {
		aborted[0].complain("the abort of its group could not be stored at once", err)
	}
	e.mu.Lock()
	for _, f := range aborted {
		e.settle(f, bgfetch.ReasonAborted)
	}
	if call != "" { // this may be the same call again
		for _, f := range e.fetches {
			if f.state.Group == name && f.state.AbortedBy == call && !slices.Contains(aborted, f) {
				aborted = append(aborted, f)
			}
		}
	}
	before := call != "" && e.history.WasAbortedBy(name, call)
	e.mu.Unlock()
	for _, f := range aborted {
		if err := f.wait(ctx, func() bool { return f.state.Result != bgfetch.ResultNone }); err != nil {
			return false, err
		}
	}
	return before || len(aborted) > 0, nil
}
