package engine

import (
	"context"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
)

// checkInit refuses what no background fetch can be made of.
func checkInit(init bgfetch.FetchInit) error {
	if !isUniqueID(init.UniqueID) {
		return bgfetch.Errorf(bgfetch.TypeError, "the unique id %.80q is not one to 64 letters, digits, \"-\" and \"_\"", init.UniqueID)
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
	if err := checkKeep(init); err != nil {
		return err
	}
	for _, request := range init.Requests {
		if request.Mode == "no-cors" {
			return bgfetch.Errorf(bgfetch.TypeError, "the request for %s has the mode no-cors, whose response nobody may read", request.URL)
		}
		u, err := bgfetch.ParseOrigin(request.URL)
		switch {
		case err == nil && u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
			return bgfetch.Errorf(bgfetch.TypeError, "only the schemes http and https can be fetched in the background: %s", request.URL)
		case err != nil || u.Host == "":
			return bgfetch.Errorf(bgfetch.TypeError, "%q is not an absolute URL", request.URL)
		case u.User != nil:
			return bgfetch.Errorf(bgfetch.TypeError, "the URL of a background fetch must not have credentials: %s", u.Redacted())
		}
		if _, err := digest.ParseCheck(request); err != nil {
			return bgfetch.Errorf(bgfetch.TypeError, "%v", err)
		}
	}
	return nil
}

// create stores the request bodies and then the rows. If it fails nothing is left.
func (f *backgroundFetch) create(ctx context.Context) error {
	e := f.engine
	if err := e.Bodies.Create(ctx, f.state.UniqueID); err != nil {
		return storageError("the background fetch", err)
	}
	requests := make([]bgfetch.Request, len(f.records))
	for i, r := range f.records {
		if body := r.Request.Body; body != nil {
			saved, err := f.saveRequestBody(ctx, i, body)
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
	if err := e.Store.Create(ctx, f.state, requests); err != nil {
		f.discardBodies(ctx)
		return storageError("the background fetch", err)
	}
	return nil
}

// saveRequestBody stores the body that came with fetch(). What takes a minute, and a
// second more for each MiB, is given up: the page that has it may be gone.
func (f *backgroundFetch) saveRequestBody(ctx context.Context, index int, body *bgfetch.RequestBody) (*bgfetch.RequestBody, error) {
	limit := time.Minute + time.Duration(body.Size>>20)*time.Second
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	key, size, err := f.engine.Bodies.SaveRequestBody(bounded, f.state.UniqueID, index, body.Handle)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("it did not come within %v", limit)
	}
	return &bgfetch.RequestBody{Size: size, Key: key}, err
}

func (f *backgroundFetch) discardBodies(ctx context.Context) {
	if err := f.engine.Bodies.Delete(ctx, f.state.UniqueID); err != nil {
		f.complain("its bodies stay until the next start", err)
	}
}
