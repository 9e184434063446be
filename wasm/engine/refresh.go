package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/download"
)

// A request can expire before all of its response has come: its URL was signed for an hour, its
// token is that of a session. Then the site is asked for another one, in an event in the worker,
// and the record goes on with that.

// refreshTimeout bounds the time that the site takes for it.
const refreshTimeout = time.Minute

// refusal is what a record was answered whose request is no longer good.
type refusal struct {
	*bgfetch.Refusal
	record *record
}

// refused lets the site be asked for another request. e.mu is held.
func (e *Engine) refused(r *record, answer *bgfetch.Refusal) {
	f := r.fetch
	f.refusals = append(f.refusals, refusal{answer, r})
	if f.asking {
		return
	}
	f.asking = true
	f.transfers.Add(1)
	e.goWork(func() {
		defer f.transfers.Done()
		e.askForRequests(f)
	})
}

// askForRequests asks for one record after the other.
func (e *Engine) askForRequests(f *backgroundFetch) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(f.refusals) > 0 && f.ctx.Err() == nil {
		next := f.refusals[0]
		f.refusals = f.refusals[1:]
		v := download.Verdict{} // the record is tried again
		if !next.tryFirst() {
			e.mu.Unlock()
			v = e.refresh(next)
			e.mu.Lock()
		}
		e.conclude(next.record, v)
	}
	f.refusals, f.asking = nil, false
	e.noteActivity(f)
}

// tryFirst lets the record be tried again before the site is asked, and says so: with what it was
// given meanwhile, with the header fields that another record of that origin was given, which
// it then takes, or after a pause. e.mu is held.
func (one refusal) tryFirst() bool {
	r := one.record
	f := r.fetch
	sent := r.Request.With(one.Refreshed)
	known := f.given[bgfetch.OriginOf(sent.URL)]
	switch {
	case r.state.Refreshed != one.Refreshed, f.held():
		return true
	case known != nil && !r.borrowed && !sent.SendsSame(r.Request.With(known)):
		r.borrowed = true
		// They are stored with what they bring.
		r.state.Refreshed = &bgfetch.Refreshed{URL: sent.URL, Headers: known.Headers, Credentials: known.Credentials}
		return true
	}
	r.borrowed = false
	return false
}

// refresh asks the site for another request of the record, and says how that goes on.
func (e *Engine) refresh(one refusal) download.Verdict {
	r := one.record
	f := r.fetch
	ctx, cancel := context.WithTimeout(f.ctx, refreshTimeout)
	defer cancel()
	given, err := e.Events.Refresh(ctx, f.lockAndSnapshot(), r.Request.With(one.Refreshed), one.Head)
	var next *bgfetch.Refreshed
	switch {
	case f.ctx.Err() != nil:
		return download.Verdict{}
	case owner{r}.State().Refreshed != one.Refreshed: // setRequest() was called meanwhile
		r.WasRefreshed()
		return download.Verdict{}
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("its promise was not settled within %v", refreshTimeout)
	case err == nil && given == nil:
		return r.Declined(f.ctx, e.ctx, one.Refusal)
	case err == nil:
		next, err = r.checkRefreshed(*given)
	}
	if err != nil {
		return r.Unrefreshed(f.ctx, e.ctx, one.Refusal, fmt.Sprintf("status %d, and the backgroundfetchrefresh listener supplied no other request: %v", one.Head.Status, message(err)))
	}
	if _, err := r.setRefreshed(e.ctx, next); err != nil && e.ctx.Err() == nil {
		f.complain("the request that the site supplied could not be stored", err)
	}
	r.WasRefreshed()
	return download.Verdict{}
}

// message is what an error says to people.
func message(err error) string {
	if e := (*bgfetch.Error)(nil); errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// SetRequest lets a record be sent with the URL, the header fields and the credentials of
// another request from now on, and says whether it does: not one that has its response. When it
// returns, that is stored. What is under way goes on. The error is ErrUnknown where there is
// no such record.
func (e *Engine) SetRequest(uniqueID string, index int, given bgfetch.Request) (bool, error) {
	found, err := e.pausable(uniqueID)
	if len(found) == 0 {
		return false, err
	}
	f := found[0]
	if index < 0 || index >= len(f.records) {
		return false, bgfetch.ErrUnknown
	}
	r := f.records[index]
	next, err := r.checkRefreshed(given)
	if err != nil {
		return false, err
	}
	changed, err := r.setRefreshed(e.ctx, next)
	e.mu.Lock()
	defer e.mu.Unlock()
	if wait := f.retries[r]; changed && wait != nil && wait.patient && !f.settling {
		e.hastenRetry(r, wait)
	}
	if err != nil {
		err = storageError("the request", err)
	}
	return changed, err
}

// checkRefreshed returns what the record is to be sent with where the site gives that request for
// it. Errors are *Error.
func (r *record) checkRefreshed(given bgfetch.Request) (*bgfetch.Refreshed, error) {
	if err := checkRequest(given); err != nil {
		return nil, err
	}
	sameOrigin := bgfetch.OriginOf(given.URL) == r.fetch.engine.options.Origin
	r.fetch.engine.mu.Lock()
	own := r.Request
	r.fetch.engine.mu.Unlock()
	switch {
	case !own.IsSafe():
		return nil, bgfetch.Errorf(bgfetch.TypeError, "the request for %s is not a GET, and is sent once", own.URL)
	case given.Method != "" && given.Method != http.MethodGet:
		return nil, bgfetch.Errorf(bgfetch.TypeError, "the new request for %s is not a GET", own.URL)
	case bgfetch.HeaderValue(given.Headers, "Range") != bgfetch.HeaderValue(own.Headers, "Range"):
		return nil, bgfetch.Errorf(bgfetch.TypeError, "the new request for %s has a different Range", own.URL)
	case !sameOrigin && (own.Mode == "same-origin" || own.Mode == "navigate"):
		return nil, bgfetch.Errorf(bgfetch.TypeError, "the request for %s has the mode %s, and the new one is for another origin", own.URL, own.Mode)
	}
	return &bgfetch.Refreshed{URL: given.URL, Headers: given.Headers, Credentials: given.Credentials}, nil
}

// setRefreshed stores what the record is sent with from now on, and says whether there is a change:
// not in one that has its response, but for nil, which forgets it. Where it cannot be stored it
// holds for this engine all the same.
func (r *record) setRefreshed(ctx context.Context, next *bgfetch.Refreshed) (bool, error) {
	f := r.fetch
	e := f.engine
	r.storing.Lock()
	defer r.storing.Unlock()
	e.mu.Lock()
	state := r.state
	e.mu.Unlock()
	settled := state.Response.Result != bgfetch.ResponseNone
	if next != nil && settled || next == nil && (!settled || state.Refreshed == nil) {
		return false, nil
	}
	state.Refreshed = next
	err := e.Store.PutRecord(ctx, f.state.UniqueID, r.Index, state)
	e.mu.Lock()
	defer e.mu.Unlock()
	r.state.Refreshed = next
	if next != nil {
		f.remember(next)
		r.note(bgfetch.LogEntry{Event: bgfetch.LogRefresh, Detail: "it is sent with a new request from the site"})
		r.moveHost()
	}
	return true, err
}

// remember lets other records of that origin try what the site has given. e.mu is held.
func (f *backgroundFetch) remember(given *bgfetch.Refreshed) {
	if given != nil {
		f.given[bgfetch.OriginOf(given.URL)] = given
	}
}

// moveHost lets the record wait for a place at the host that it asks by now. One that has a
// place does so when that has ended. e.mu is held.
func (r *record) moveHost() {
	r.job.SetHost(bgfetch.OriginOf(r.Request.With(r.state.Refreshed).URL))
}
