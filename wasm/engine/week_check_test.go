package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// dispatched is the listener of closing events: it looks at all that arrived.
func (w *weekLife) dispatched(ctx context.Context, event string, snapshot bgfetch.Snapshot) error {
	if snapshot.ID != "week" {
		return nil
	}
	_, records, err := w.engine.Match(snapshot.UniqueID, nil, bgfetch.MatchOptions{}, false)
	if err != nil {
		return err
	}
	w.tell("%s %s", event, snapshot.FailureReason)
	w.took = w.now()
	w.mu.Lock()
	again := slices.Contains(w.heardFrom, w.engine)
	w.heardFrom = append(w.heardFrom, w.engine)
	w.mu.Unlock()
	if again {
		w.fault("%s twice, by one worker", event)
	}
	if event != "backgroundfetchsuccess" {
		w.fault("%s: %s", event, snapshot.FailureReason)
		return nil
	}
	for i, record := range records {
		if err := w.read(ctx, snapshot.UniqueID, record, w.files[i]); err != nil && ctx.Err() == nil {
			w.fault("record %d: %v", i, err)
		}
	}
	return ctx.Err()
}

// read reads the body of a record, which must be all of one version of the file.
func (w *weekLife) read(ctx context.Context, uniqueID string, record bgfetch.RecordSnapshot, s *weekServer) error {
	at, version := int64(0), -1
	for {
		plan, err := w.engine.Plan(ctx, uniqueID, record.Index, record.Generation, at, true)
		if err != nil {
			return err
		}
		bodies, err := w.bodies.planned(plan, at)
		if err != nil {
			return err
		}
		for _, body := range bodies {
			if version < 0 {
				version = body.version
			}
			if body.file != s.url || body.version != version || body.from != at {
				return fmt.Errorf("WRONG BYTES at %d: %+v, of version %d before", at, body, version)
			}
			at += body.length
		}
		if plan.End {
			break
		}
	}
	if at != s.length(version) {
		return fmt.Errorf("WRONG BYTES: %d, want %d", at, s.length(version))
	}
	return nil
}

// needed is what a server has to send at least: the files, and what came of one before it was
// replaced.
func (w *weekLife) needed() (bytes int64) {
	for _, s := range w.files {
		bytes += w.bodies.most[weekBody{file: s.url}] + w.bodies.most[weekBody{file: s.url, version: 1}]
	}
	return bytes
}

// sent is what servers have sent of those files, pages of portals included.
func (w *weekLife) sent() (bytes int64) {
	for body, n := range w.network.sent {
		if body.file == "login" || slices.ContainsFunc(w.files, func(s *weekServer) bool { return s.url == body.file }) {
			bytes += n
		}
	}
	return bytes
}

func (w *weekLife) ratio() float64 { return float64(w.sent()) / float64(w.needed()) }

// weekBound is what may be sent where so much is needed, and a worker died so often: 2 % more, and a
// segment for each death.
func weekBound(needed int64, died int) int64 { return needed*102/100 + int64(died)*weekSegment }

// judge checks what came of it.
func (w *weekLife) judge() {
	w.kill()
	w.start() // which tidies up
	time.Sleep(time.Minute)
	if len(w.heardFrom) == 0 {
		w.fault("there was no closing event")
	}
	if bound := weekBound(w.needed(), w.died); w.sent() > bound {
		w.fault("%d bytes were sent, of %d, and %d are enough", w.sent(), w.needed(), bound)
	}
	pinned := false
	for _, kept := range w.engine.Kept(bgfetch.KeptQuery{}) {
		pinned = pinned || kept.ID == "pinned"
	}
	if !pinned {
		w.fault("what is pinned is gone")
	}
	w.kill()
	if n := w.network.running(); n != 0 {
		w.fault("%d transfers are open", n)
	}
	if left := w.bodies.caches["unique-week"]; left != nil {
		w.fault("%d segments are left", len(left))
	}
}

// tell adds a line to the story.
func (w *weekLife) tell(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !*weekTell && len(w.lines) > 4000 {
		w.lines = slices.Delete(w.lines, 0, 2000)
	}
	w.lines = append(w.lines, fmt.Sprintf("%12.3f ", w.now().Seconds())+fmt.Sprintf(format, args...))
}

// fault says that something is wrong.
func (w *weekLife) fault(format string, args ...any) {
	w.tell("WRONG: "+format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// story is all that helps to understand the week: where it is wrong, its end.
func (w *weekLife) story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, took %v, %d deaths, %d requests, asked %d times, sent %d of %d (%.4f), stores in %v, frees in %v, quota %d at %v, rate %.0f\n",
		w.seed, w.took, w.died, w.network.requests, w.refreshes.Load(), w.sent(), w.needed(), w.ratio(), w.network.storeTime, w.bodies.frees, w.quota, w.shrinksAt, w.network.rate)
	for _, s := range w.files {
		fmt.Fprintf(&b, "file %s, %d bytes, exposed %v, etag %q, in header %v, expired %d, replaced at %v, responses of %v, lossy %.0f\n", s.url, s.size, s.exposed, s.etag, s.inHeader, s.expired, s.replacedAt, s.responseLimit, s.lossy)
	}
	if len(w.wrong) > 0 {
		if phase := w.phaseAt(w.took); phase != nil {
			fmt.Fprintf(&b, "its end is in %v\n", phase)
		}
		b.WriteString(strings.Join(w.lines[max(0, len(w.lines)-*weekLines):], "\n") + "\n")
	}
	for _, wrong := range w.wrong {
		fmt.Fprintf(&b, "WRONG: %s\n", wrong)
	}
	return b.String()
}
