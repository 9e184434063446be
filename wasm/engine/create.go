package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
)

// checkInit refuses what no background fetch can be made of.
func checkInit(init bgfetch.FetchInit) error {
	if !isUniqueID(init.UniqueID) {
		return bgfetch.Errorf(bgfetch.TypeError, "the unique id %.80q must have 1 to 64 letters, digits, \"-\" and \"_\"", init.UniqueID)
	}
	if len(init.Requests) == 0 {
		return bgfetch.Errorf(bgfetch.TypeError, "a background fetch needs at least one request")
	}
	if init.DownloadTotal < 0 || init.DownloadTotal > bgfetch.MaxLength {
		return bgfetch.Errorf(bgfetch.TypeError, "downloadTotal %d is out of range", init.DownloadTotal)
	}
	if _, err := init.Retry.Apply(bgfetch.RetryPolicy{}); err != nil {
		return err
	}
	if err := init.NetworkOptions.Check(); err != nil {
		return err
	}
	if init.Group != "" {
		if err := bgfetch.CheckGroup(init.Group, "options.group"); err != nil {
			return err
		}
	}
	if err := checkKeep(init); err != nil {
		return err
	}
	if err := init.Room.Check(); err != nil {
		return err
	}
	for _, request := range init.Requests {
		if err := checkRequest(request); err != nil {
			return err
		}
	}
	return nil
}

// checkRequest refuses a request that cannot be sent in the background.
func checkRequest(request bgfetch.Request) error {
	if request.Mode == "no-cors" {
		return bgfetch.Errorf(bgfetch.TypeError, "the request for %s has the mode no-cors, so its response cannot be read", request.URL)
	}
	u, err := bgfetch.ParseOrigin(request.URL)
	switch {
	case err == nil && u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
		return bgfetch.Errorf(bgfetch.TypeError, "only the schemes http and https can be fetched in the background: %s", request.URL)
	case err != nil || u.Host == "":
		return bgfetch.Errorf(bgfetch.TypeError, "%q is not an absolute URL", request.URL)
	case bgfetch.IsBlockedPort(u.Port()):
		return bgfetch.Errorf(bgfetch.TypeError, "port %s is blocked: %s", u.Port(), request.URL)
	case u.User != nil:
		return bgfetch.Errorf(bgfetch.TypeError, "the URL of a background fetch must not have credentials: %s", u.Redacted())
	}
	if _, err := digest.ParseCheck(request); err != nil {
		return bgfetch.Errorf(bgfetch.TypeError, "%v", err)
	}
	return nil
}

// create stores the request bodies and then the rows. taken are the remains that its records
// begin with. If it fails nothing else is left. Nobody knows of the background fetch before.
func (f *backgroundFetch) create(ctx context.Context, taken []*bgfetch.Remains) error {
	e := f.engine
	begun, err := f.begun(ctx, taken)
	if err == nil {
		err = e.Bodies.Create(ctx, f.state.UniqueID)
	}
	if err != nil {
		return storageError("the background fetch", err)
	}
	if err := f.checkRoom(ctx); err != nil {
		if deleted := e.freeing.Bodies.Delete(ctx, f.state.UniqueID); deleted != nil { // no room comes of that
			f.complain("its empty cache is left until the next start", deleted)
		}
		return err
	}
	requests := make([]bgfetch.Request, len(f.records))
	for i, r := range f.records {
		if body := r.Request.Body; body != nil {
			var saved *bgfetch.RequestBody
			err := f.withRoom(body.Size, func() (err error) {
				saved, err = f.saveRequestBody(ctx, i, body)
				return err
			})
			if err != nil {
				f.discardBodies(ctx)
				return storageError("the body of the request for "+r.Request.URL, err)
			}
			r.Request.Body = saved
			f.state.UploadTotal += saved.Size
		}
		requests[i] = r.Request
		requests[i].Pieces = r.Check.Given()
	}
	err = f.withRoom(0, func() error { return e.Store.Create(ctx, f.state, requests, begun...) })
	if err != nil {
		f.discardBodies(ctx)
		return storageError("the background fetch", err)
	}
	return nil
}

// noDisk is more than any disk has, a pebibyte, for where the browser gives no estimate.
const noDisk = 1 << 50

// checkRoom refuses a download total that the site gave and for which there is no room: at once
// where there can be none, also by an estimate that is invented: a page that compares downloadTotal
// with that expects it. Nobody knows of the background fetch before.
//
// Source: #dom-backgroundfetchmanager-fetch
func (f *backgroundFetch) checkRoom(ctx context.Context) error {
	need := f.state.DownloadTotal - f.downloaded
	if f.state.DownloadTotal == 0 {
		return nil
	}
	for {
		room := f.engine.Bodies.Room(ctx)
		if room.Source == bgfetch.EstimateMissing {
			room.Free, room.Quota = noDisk, noDisk
		}
		if need <= room.Free {
			return nil
		}
		if need > room.Quota || !f.makeRoom(need-room.Free) {
			return bgfetch.Errorf(bgfetch.QuotaExceededError, "there is no room for a downloadTotal of %d bytes", f.state.DownloadTotal)
		}
	}
}

// withRoom calls store, and calls it again while it fails for want of room and some can be
// made.
func (f *backgroundFetch) withRoom(bytes int64, store func() error) error {
	err := store()
	for errors.Is(err, bgfetch.ErrQuota) && f.makeRoom(bytes) {
		err = store()
	}
	return err
}

// saveRequestBody stores the body that came with fetch(). What takes a minute, and a
// second more for each MiB, is given up: the page that has it may be gone.
func (f *backgroundFetch) saveRequestBody(ctx context.Context, index int, body *bgfetch.RequestBody) (*bgfetch.RequestBody, error) {
	limit := time.Minute + time.Duration(body.Size>>20)*time.Second
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	key, size, err := f.engine.Bodies.SaveRequestBody(bounded, f.state.UniqueID, index, body.Handle)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("it did not arrive within %v", limit)
	}
	return &bgfetch.RequestBody{Size: size, Key: key}, err
}

func (f *backgroundFetch) discardBodies(ctx context.Context) {
	if err := f.engine.Bodies.Delete(ctx, f.state.UniqueID); err != nil { // no record has its place there yet
		f.complain("its bodies are left until the next start", err)
	}
}
