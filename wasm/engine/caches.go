package engine

import (
	"context"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// Who has bodies in a cache, and how it is freed. A cache may hold bodies of several background
// fetches, since one that begins with remains has its bodies in their place.

// cachesOf are the caches that hold remains, each once: those of many records lie in one.
func cachesOf(all []*bgfetch.Remains) []string {
	var caches []string
	seen := map[string]bool{}
	for _, one := range all {
		if !seen[one.UniqueID] {
			seen[one.UniqueID] = true
			caches = append(caches, one.UniqueID)
		}
	}
	return caches
}

// others says who has bodies in a cache, but for one background fetch: the indices of records,
// and the keys of remains. own: the cache is that of another background fetch. Those whose bodies
// are deleted do not count. e.mu is held.
func (e *Engine) others(cache string, without *backgroundFetch) (indices map[int]bool, remains map[bgfetch.SegmentKey]bool, own bool) {
	indices, remains = map[int]bool{}, map[bgfetch.SegmentKey]bool{}
	for _, fetches := range []map[string]*backgroundFetch{e.fetches, e.kept} {
		for _, f := range fetches {
			if f == without || f.freed {
				continue
			}
			own = own || f.state.UniqueID == cache
			for _, r := range f.records {
				if r.Place.UniqueID == cache {
					indices[r.Place.Index] = true
				}
			}
		}
	}
	for _, one := range e.remains {
		if one.UniqueID == cache {
			for _, key := range one.Keys() {
				remains[key] = true
			}
		}
	}
	return indices, remains, own
}

// freeCache deletes from a cache what nobody has there, or all of it where nobody has anything.
// What is left is no sign of work, but for the cache of one that is under way. e.clearing is held:
// of two who have bodies in a cache, the one that gives them up last deletes it.
func (e *Engine) freeCache(ctx context.Context, cache string) error {
	e.mu.Lock()
	indices, remains, own := e.others(cache, nil)
	e.mu.Unlock()
	if !own && len(indices)+len(remains) == 0 {
		return e.Bodies.Delete(ctx, cache)
	}
	if err := e.deleteForeign(ctx, cache); err != nil || own {
		return err
	}
	return e.Bodies.MarkKept(ctx, cache)
}

// deleteForeign deletes from a cache what nobody has there.
func (e *Engine) deleteForeign(ctx context.Context, cache string) error {
	keys, err := e.Bodies.Segments(ctx, cache)
	if err != nil {
		return err
	}
	e.mu.Lock()
	indices, remains, _ := e.others(cache, nil) // whose keys are older than the answer
	e.mu.Unlock()
	keys = slices.DeleteFunc(keys, func(key bgfetch.SegmentKey) bool { return indices[key.Index] || remains[key] })
	return e.Bodies.DeleteSegments(ctx, cache, keys)
}

// caches are those that hold its bodies, its own first.
func (f *backgroundFetch) caches() []string {
	caches := []string{f.state.UniqueID}
	for _, r := range f.records {
		if !slices.Contains(caches, r.Place.UniqueID) {
			caches = append(caches, r.Place.UniqueID)
		}
	}
	return caches
}

// freeCaches deletes all bodies of a background fetch, which has none from then on.
func (e *Engine) freeCaches(ctx context.Context, f *backgroundFetch) error {
	e.clearing.Lock()
	defer e.clearing.Unlock()
	e.mu.Lock()
	f.freed = true
	e.mu.Unlock()
	for _, cache := range f.caches() {
		if err := e.freeCache(ctx, cache); err != nil {
			return err
		}
	}
	return nil
}
