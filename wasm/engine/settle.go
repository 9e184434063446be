package engine

import (
	"errors"
	"slices"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
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
	outcome := func(s *bgfetch.FetchState) {
		if s.Result, s.FailureReason = f.outcome(); s.Result == bgfetch.ResultSuccess {
			s.KeptAt = keptAt
		}
	}
	err := f.change(outcome)
	if e.ctx.Err() != nil {
		return
	}
	if err != nil && f.stored().KeptAt > 0 {
		err = f.change(func(s *bgfetch.FetchState) {
			f.reason = bgfetch.ReasonQuotaExceeded
			s.KeptAt = 0
			outcome(s)
		})
	}
	if errors.Is(err, bgfetch.ErrQuota) {
		f.free()
		err = f.withRoom(0, func() error { return f.change(outcome) })
	}
	if err != nil {
		f.complain("its result is not stored", err)
	}
	state := f.stored()
	f.note(bgfetch.LogSettled, strings.Trim(string(state.Result)+": "+string(state.FailureReason), ": "))
	e.deliver(f)
}

// deliver tells the instances the result, fires the closing event, and deletes
// the background fetch when the event is no longer active. What failed is deleted
// before anybody hears of it: who does may want its room.
//
// Source: #invoke-background-fetch-event-handlers
func (e *Engine) deliver(f *backgroundFetch) {
	f.free()
	snapshot := f.lockAndSnapshot()
	e.notifier.final(e.ctx, f, snapshot)
	e.goWork(func() { e.presenter.settled(f) })

	f.note(bgfetch.LogDispatch, string(closingEvent(snapshot)))
	if err := e.Events.Dispatch(e.ctx, closingEvent(snapshot), snapshot); err != nil {
		if e.ctx.Err() == nil {
			f.complain("its event is fired again at the next start", err)
		}
		return
	}

	err := f.change(func(s *bgfetch.FetchState) { s.Delivered = true })
	if err != nil && e.ctx.Err() == nil {
		f.complain("that its event was delivered is not stored", err)
	}
	snapshot = f.lockAndSnapshot()
	e.tell(e.ctx, false, snapshot)
	e.remove(f)
}

func closingEvent(snapshot bgfetch.Snapshot) bgfetch.EventType {
	switch {
	case snapshot.Result == bgfetch.ResultSuccess:
		return bgfetch.EventSuccess
	case snapshot.FailureReason == bgfetch.ReasonAborted:
		return bgfetch.EventAbort
	default:
		return bgfetch.EventFail
	}
}

// deleteAll deletes a background fetch for which there is nothing left to do: first the
// rows. A crash in between leaves bodies without a row, which the next start deletes;
// the other way round, rows that say nothing of the event's delivery would make it
// fetch all of it again.
//
// Where there is no room for the row in the history, the bodies are what takes it, and go first.
func (e *Engine) deleteAll(f *backgroundFetch, ended bgfetch.Ended) error {
	uniqueID := f.state.UniqueID
	err := e.Store.Delete(e.ctx, uniqueID, &ended)
	if err != nil && !errors.Is(err, bgfetch.ErrQuota) {
		return err
	}
	if deleted := e.freeCaches(e.ctx, f); deleted != nil || err == nil {
		return deleted
	}
	if err = e.Store.Delete(e.ctx, uniqueID, &ended); errors.Is(err, bgfetch.ErrQuota) {
		err = e.Store.Delete(e.ctx, uniqueID, nil)
	}
	return err
}

// remove deletes all that is left of a background fetch, or all but kept records.
func (e *Engine) remove(f *backgroundFetch) {
	uniqueID := f.state.UniqueID
	e.mu.Lock()
	ended, kept := f.ended(), f.kept()
	e.mu.Unlock()
	var err error
	if kept {
		err = e.keepRecords(f, ended)
	} else {
		err = e.deleteAll(f, ended)
	}
	if e.ctx.Err() != nil {
		return
	}
	if err != nil {
		f.complain("what is left to do is done at the next start", err)
	}
	f.note(bgfetch.LogEnded, "")
	f.cancel()
	e.history.Changed()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.fetches, uniqueID)
	if f.kept() {
		e.kept[uniqueID] = f
		e.tidyKeptSoon()
		e.tidyRetained()
	}
	e.history.Add(library.PastOf(ended))
	e.reportActiveLocked()
}
