package engine

import (
	"fmt"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

// groupTag is what the tags of groups begin with. Unique ids have no colon.
const groupTag = "group:"

// roundOf is the last round of a group. e.mu is held.
func (e *Engine) roundOf(name string) []library.Member {
	return e.rounds(map[string]bool{name: true})[name]
}

// shownGroup is what is to be seen of the group of f: its name, the sums, and how many of its
// background fetches have ended. e.mu is held.
func (f *backgroundFetch) shownGroup() (bgfetch.Shown, fate) {
	e, name := f.engine, f.state.Group
	round := e.roundOf(name)
	sums := library.SumUp(name, round)
	newest, pausable, prompting, active := f, false, false, 0
	for _, other := range e.fetches {
		if other.state.Group != name || !other.created {
			continue
		}
		if other.state.Created.After(newest.state.Created) {
			newest = other
		}
		if !other.settling {
			active++
			pausable = pausable || other.onlyGet()
			prompting = prompting || other.state.Prompting
		}
	}
	s := bgfetch.Shown{
		Tag: groupTag + name, Group: name, Title: name, Icon: chooseIcon(newest.state.Icons),
		Prompting: prompting, Snapshot: newest.nextSnapshot(), Actions: []bgfetch.Action{}, Lang: e.options.Lang,
	}
	total := sums.DownloadTotal
	if total > 0 {
		total += sums.UploadTotal
	}
	s.Body = fmt.Sprintf("%s\n%s%s · %s / %s", e.host(), sign(sums.State, round),
		e.amountOf(sums.Downloaded+sums.Uploaded, total), e.inUnit(int64(len(round)-active), 1, ""), e.inUnit(int64(len(round)), 1, ""))
	switch {
	case active > 0:
		s.Actions = e.actionsFor(prompting, sums.State == bgfetch.ActivityPaused, pausable)
	case len(sums.States) > 0:
		return s, showLater
	case allAborted(round):
		return s, showNothing
	}
	return s, showNow
}

// sign stands for how the group is: whether all are paused, or have ended, and how.
func sign(state bgfetch.Activity, round []library.Member) string {
	switch state {
	case bgfetch.ActivityPaused:
		return "⏸ "
	case bgfetch.ActivitySettled:
		for _, m := range round {
			if m.Result == bgfetch.ResultFailure && m.FailureReason != bgfetch.ReasonAborted {
				return "✗ "
			}
		}
		return "✓ "
	}
	return ""
}

func allAborted(round []library.Member) bool {
	for _, m := range round {
		if m.FailureReason != bgfetch.ReasonAborted {
			return false
		}
	}
	return true
}
