package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// dispatched is the listener of closing events: it reads all that may be read, and
// judges it.
func (l *life) dispatched(ctx context.Context, event string, snapshot bgfetch.Snapshot) error {
	engine := l.engine
	f := l.fetches[int(snapshot.ID[0]-'0')]
	_, records, err := engine.Match(snapshot.UniqueID, nil, bgfetch.MatchOptions{}, false)
	if err != nil {
		if ctx.Err() == nil {
			l.fault(f.init.ID, "the records cannot be had: %v", err)
		}
		return err
	}
	bodies := make([][]byte, len(records))
	for i, record := range records {
		if record.Result != bgfetch.ResponseSuccess {
			if event == "backgroundfetchsuccess" {
				l.fault(f.init.ID, "success, but record %d is %q", i, record.Result)
			}
			l.count(f, i, string(record.Result))
			continue
		}
		body, err := l.read(ctx, snapshot.UniqueID, record)
		switch {
		case err != nil && ctx.Err() != nil:
			return err
		case err != nil && event != "backgroundfetchsuccess" && l.evictions.Load() > 0:
			l.count(f, i, "gone") // of what has failed all the same
			continue
		case err != nil:
			l.fault(f.init.ID, "record %d has succeeded and cannot be read: %v", i, err)
			continue
		}
		l.judge(f, i, body)
		bodies[i] = body
	}
	l.mu.Lock()
	f.ended, f.failed = true, event != "backgroundfetchsuccess"
	aborted := f.aborted
	var reads []livesRead
	for _, read := range f.reads {
		reads = append(reads, *read) // as it is now: its reader goes on
	}
	l.mu.Unlock()
	for _, read := range reads {
		// The begin of what succeeded is what was read of it before.
		record, body := records[read.index], bodies[read.index]
		if body != nil && record.Generation == read.generation && !bytes.HasPrefix(body, read.body) {
			l.fault(f.init.ID, "record %d: %d bytes were read that are not those of the body", read.index, len(read.body))
		}
	}
	if good := event == "backgroundfetchsuccess" || aborted; l.good && !good {
		l.fault(f.init.ID, "%s (%s) with a good server", event, snapshot.FailureReason)
	}
	return ctx.Err()
}

// judge says whether the body is one that the server served.
func (l *life) judge(f *livesFetch, index int, body []byte) {
	s := f.servers[index]
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, file := range s.files[:s.served+1] {
		if bytes.Equal(body, file.body) {
			l.count(f, index, "right")
			return
		}
	}
	if why := l.excused(s, body); why != "" {
		l.count(f, index, "excused: "+why)
		return
	}
	l.count(f, index, "WRONG")
	l.fault(f.init.ID, "record %d has the wrong bytes: %d of them, %s", index, len(body), s.describe(body))
}

func (l *life) count(_ *livesFetch, _ int, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends[what]++
}

// common is how many bytes are the same at the start of both.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// describe says how a body relates to the versions of the file.
func (s *livesServer) describe(body []byte) string {
	text := ""
	for i, f := range s.files {
		n := common(body, f.body)
		text += fmt.Sprintf("%d bytes as in version %d", n, i)
		if n < len(body) {
			for j, other := range s.files {
				if len(other.body) >= len(body) && bytes.Equal(body[n:], other.body[n:len(body)]) {
					text += fmt.Sprintf(" and the rest as in version %d", j)
				}
			}
		}
		text += "; "
	}
	return text
}

// excused says why a wrong body is nobody's fault: nothing could have told
// (docs/reliability.md, "What cannot be proved").
func (l *life) excused(s *livesServer, body []byte) string {
	prefix, times := false, s.ends[len(body)]
	for _, f := range s.files[:s.served+1] {
		prefix = prefix || bytes.HasPrefix(f.body, body)
	}
	switch {
	case prefix && s.framed[len(body)] > 0 && (l.browser != likeWebKit || times > 1):
		// A chunked body with its last chunk is complete, says HTTP.
		return "a short body in whole framing"
	case prefix && times > 1 && s.rangeless > 0:
		// It was asked for twice, ended at the same byte twice, and ranges of it cannot be had,
		// or show nothing of a length.
		return "a short body, twice the same"
	case len(body) == 0 && times > 3:
		return "nothing could be decoded, four times"
	case prefix && s.asLong[len(body)]:
		return "as many decoded bytes as its length says that there are encoded ones"
	case prefix && s.goneAt > 0 && s.framing != "length" && (s.cross || s.redirectAt > 0):
		// Of another origin nothing shows whether it was chunked, and the server says no more.
		return "a short body without a length, and then it was gone"
	case s.kind != "random" && s.repeats(body):
		return "bytes that repeat themselves were compared"
	case !s.tells() && s.spliced(body):
		return "bytes were compared that are those of two versions"
	}
	return ""
}

// tells says whether validators that can be seen tell its versions apart, and bytes of them
// that are kept encoded from those that are read.
func (s *livesServer) tells() bool {
	shown := !s.cross && s.redirectAt == 0 || s.exposed == "*" || strings.Contains(s.exposed, "ETag")
	if s.coding == "on the fly" {
		shown = false // what is encoded has an ETag of its own
	}
	return s.coding != "stored" && (s.modified == "by version" || (s.modified == "" && shown && (s.etag == "strong" || s.etag == "weak")))
}

// spliced says whether the body is the begin of one version and the end of another one, and
// both have the same bytes before the place where they are joined.
func (s *livesServer) spliced(body []byte) bool {
	for _, a := range s.files[:s.served+1] {
		for _, b := range s.files[:s.served+1] {
			begin, end := common(body, a.body), commonEnd(body, b.body)
			if len(body) != len(b.body) || begin+end < len(body) {
				continue
			}
			// It may be joined anywhere from there on.
			at := min(begin, len(a.body), len(b.body))
			same := commonEnd(a.body[:at], b.body[:at])
			if same >= min(at, 4096) {
				return true
			}
		}
	}
	return false
}

// repeats says whether the body is made of pieces of what was served, each of which follows bytes
// that are the same as those before it there: who compares no more of them cannot tell.
func (s *livesServer) repeats(body []byte) bool {
	enough := 4096
	if s.ranges == "capped" {
		enough = min(enough, s.cap/4) // chooserange.go
	}
	var served [][]byte
	for _, f := range s.files[:s.served+1] {
		served = append(served, f.body, f.encoded)
	}
	for at := 0; at < len(body); {
		before, longest := min(at/2, enough), 0 // of what is stored half is compared, where it is little
		for _, from := range served {
			if i := bytes.Index(from, body[at-before:at+1]); i >= 0 && (at > 0 || i == 0) {
				longest = max(longest, common(body[at:], from[i+before:]))
			}
		}
		if longest == 0 {
			return false
		}
		at += longest
	}
	return true
}

// commonEnd is how many bytes are the same at the end of both.
func commonEnd(a, b []byte) (n int) {
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// wantNothing checks what is left when all has ended.
func (l *life) wantNothing() {
	if l.lost || l.network.StoredLate() { // of which an engine takes note when it starts
		l.start()
		l.kill()
	}
	if left := l.left(); left != "" {
		l.fault("", "%s", left)
	}
	if remains, _ := l.store.Remains(context.Background()); len(remains) > 0 {
		l.start()
		if _, err := l.engine.DeleteRemains(context.Background(), ""); err != nil {
			l.fault("", "remains cannot be deleted: %v", err)
		}
		l.kill()
		left, _ := l.bodies.UniqueIDs(context.Background())
		if remains, _ := l.store.Remains(context.Background()); len(remains)+len(left) > 0 {
			l.fault("", "left of remains: %v in %q", remains, left)
		}
	}
	if open := l.network.Running(); open != 0 {
		l.fault("", "%d transfers are still open", open)
	}
	for _, f := range l.fetches {
		if f.made && !f.ended {
			l.fault(f.init.ID, "it has not ended")
		}
	}
}

// wantLittle checks that no more was asked for, and no more bytes taken, than the servers
// and what we did made necessary.
func (l *life) wantLittle() {
	bytes, requests := int64(0), int64(0)
	for _, s := range l.servers {
		// What is stored is given up, or asked for again and compared, a few times; and all
		// of it once more for each time that we break it off, where there are no ranges.
		size := int64(0)
		for _, f := range s.files[:s.served+1] {
			size += int64(len(f.body))
		}
		if l.good {
			bytes += size
		} else {
			bytes += int64(1+l.agains) * int64(6+l.ours) * (size + 2*mib/10)
		}
		// The requests for its pieces, where it gives no more at a time, each as often as it refuses.
		pieces := int64(0)
		if s.ranges == "capped" {
			pieces += 3 * size / int64(s.cap)
		}
		if s.cut == "at a byte of each body" && s.cutAt > 0 {
			pieces += 3 * size / int64(s.cutAt)
			if s.cutAt < 128<<10 { // most of which may be compared, and is no progress
				pieces += 9 * size / int64(s.cutAt)
			}
		}
		if f := l.slowest(s); f > 0 {
			pieces += 2 * size / f
		}
		pieces = pieces * 100 / int64(100-min(s.statusChance, 99))
		// And those of an hour in which it answers, and nothing of it is to be seen.
		requests += int64(1+l.agains) * (int64(40*(s.served+1)+10*l.ours) + 100 + pieces)
	}
	if l.good { // what is under way when it breaks off
		bytes += int64(l.ours*len(l.servers)) * 4 * l.options.Segments.MaxLength
	}
	if taken := l.network.Taken(); taken > bytes {
		l.fault("", "%d bytes were taken, and %d are enough", taken, bytes)
	}
	if made := int64(len(l.network.Requests())); made > requests {
		l.fault("", "%d requests were made, and %d are enough", made, requests)
	}
}

// slowest is the least that is asked for at once under a limit, 0 where there is none.
func (l *life) slowest(s *livesServer) int64 {
	for _, f := range l.fetches {
		if slices.Contains(f.servers, s) && f.init.MaxBandwidth > 0 {
			return 50_000
		}
	}
	for _, e := range l.events {
		if e.name == "bandwidth" {
			return 50_000
		}
	}
	return 0
}
