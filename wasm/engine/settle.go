package engine

import (
	"errors"
	"slices"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// settle decides the outcome; the first call wins. What follows goes on by
// itself. e.mu is held.
func (e *Engine) settle(f *backgroundFetch, reason bgfetch.FailureReason) {
	if f.settling {
		return
	}
	f.settling = true
	f.reason = reason
	e.scheduler.Remove(f.group)
	e.waitingOnline = slices.DeleteFunc(e.waitingOnline, func(r *record) bool { return r.fetch == f })
	if e.active[f.state.ID] == f {
		delete(e.active, f.state.ID)
	}
	f.cancel()
	e.goWork(func() {
		f.transfers.Wait()
		if e.ctx.Err() != nil {
			return
		}
		e.finish(f)
	})
}

// finish stores the outcome and goes on to deliver it. Where the records are to be
// kept that is done by the same write; what cannot be kept is a failure.
func (e *Engine) finish(f *backgroundFetch) {
	keptAt := int64(0)
	if f.state.Keep {
		keptAt = e.nextKeptAt()
	}
	err := f.change(func(s *bgfetch.FetchState) { f.setOutcome(s, keptAt) })
	if e.ctx.Err() != nil {
		return
	}
	if err != nil && f.stored().KeptAt > 0 {
		err = f.change(func(s *bgfetch.FetchState) {
			f.reason = bgfetch.ReasonQuotaExceeded
			f.setOutcome(s, 0)
		})
	}
	if errors.Is(err, bgfetch.ErrQuota) {
		f.free()
		err = f.withRoom(0, func() error {
			return f.change(func(s *bgfetch.FetchState) { f.setOutcome(s, keptAt) })
		})
	}
	if err != nil {
		f.complain("its result could not be stored", err)
	}
	state := f.stored()
	f.note(bgfetch.LogSettled, strings.Trim(string(state.Result)+": "+string(state.FailureReason), ": "))
	e.deliver(f)
}
