package engine

import (
	"errors"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

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
			f.complain("its event will be fired again at the next start", err)
		}
		return
	}

	err := f.change(func(s *bgfetch.FetchState) { s.Delivered = true })
	if err != nil && e.ctx.Err() == nil {
		f.complain("the delivery of its event could not be stored", err)
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
		f.complain("the remaining work is left until the next start", err)
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
