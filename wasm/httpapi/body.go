package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// body answers with the body of a record's response: what is stored at once, the
// rest as it comes. The answer is to the path, not to the request that was made
// once: its status is 200 or 206, and of the stored header fields it has those
// that describe the bytes. With "download" in the query a navigation saves it.
//
// Ranges are served as soon as the complete length is certain; until then the
// answer is a 200 without a length. See rangeRequest for what is a range.
func (a api) body(w http.ResponseWriter, r *http.Request) {
	if index, ok := number(w, "record", r.PathValue("index")); ok {
		a.recordBody(w, r, r.PathValue("uniqueId"), int(index), maxWait)
	}
}

// recordBody is body for a record; it waits so long for the head of its response.
func (a api) recordBody(w http.ResponseWriter, r *http.Request, uniqueID string, index int, wait time.Duration) {
	if problem := refusedDestination(r); problem != "" {
		writeProblem(w, http.StatusForbidden, bgfetch.TypeError, problem)
		return
	}
	record, ok := a.readableRecord(w, r, uniqueID, index, wait)
	if !ok {
		return
	}
	download := r.URL.Query().Has("download")
	if framed(r) && !download && !passive(contentType(record)) {
		writeProblem(w, http.StatusForbidden, bgfetch.TypeError, "stored bytes of this type are not shown in a frame")
		return
	}
	header := w.Header()
	protect(header, contentType(record))
	header.Set("Cache-Control", "no-store")
	if download {
		header.Set("Content-Disposition", attachment(fileName(record)))
	}
	a.serveBody(w, r, uniqueID, record)
}

// readableRecord returns the record once there is a response of which to read. If
// there is none it has answered.
func (a api) readableRecord(w http.ResponseWriter, r *http.Request, uniqueID string, index int, wait time.Duration) (bgfetch.RecordSnapshot, bool) {
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	record, err := a.engine.Record(ctx, uniqueID, index, true)
	switch {
	case err != nil:
		writeError(w, err)
	case !readable(record):
		writeProblem(w, http.StatusNotFound, bgfetch.InvalidStateError, "there is no response body: "+string(record.Result))
	case record.Head == nil:
		w.Header().Set("Retry-After", "1")
		writeProblem(w, http.StatusServiceUnavailable, bgfetch.InvalidStateError, "no response can be read yet")
	default:
		return record, true
	}
	return bgfetch.RecordSnapshot{}, false
}

// readable says that there is a response body, or will be.
func readable(record bgfetch.RecordSnapshot) bool {
	return record.Exposed && record.Result != bgfetch.ResponseResult(bgfetch.ReasonBadStatus)
}

// serveBody answers with the bytes of the record: the header fields that say how
// they may be read are set here, all others are the caller's.
func (a api) serveBody(w http.ResponseWriter, r *http.Request, uniqueID string, record bgfetch.RecordSnapshot) {
	part := func(from, to int64) Part { return a.storedPart(r, uniqueID, record, from, to) }
	reply := &storedReply{ResponseWriter: w, part: part, head: r.Method == http.MethodHead}
	header := w.Header()
	header.Set("Content-Type", contentType(record))
	header.Set("ETag", entityTag(uniqueID, record))
	if record.Length < 0 {
		header.Set("Accept-Ranges", "none")
		if modified := headerField(record, "Last-Modified"); modified != "" {
			header.Set("Last-Modified", modified)
		}
		reply.WriteHeader(http.StatusOK)
		reply.sendFrom(0)
		return
	}
	modified, _ := http.ParseTime(headerField(record, "Last-Modified")) // the zero time is none
	content := &extent{length: record.Length}
	http.ServeContent(reply, rangeRequest(r, record.Length), "", modified, content)
	if reply.sent {
		a.seek(r, uniqueID, record.Index, content.offset)
	}
}

// storedPart names bytes of the record's body, and says where those are that are stored.
func (a api) storedPart(r *http.Request, uniqueID string, record bgfetch.RecordSnapshot, from, to int64) Part {
	part := Part{Plan: planPath(r, uniqueID, record), From: from, To: to}
	plan, err := a.engine.Plan(r.Context(), uniqueID, record.Index, record.Generation, from, false)
	if err != nil || !plan.Tells() {
		return part // whoever asks is told
	}
	if n := len(plan.Segments); to >= 0 {
		plan.Segments = slices.DeleteFunc(plan.Segments, func(s bgfetch.PlanSegment) bool { return s.Offset >= to })
		plan.End = plan.End && len(plan.Segments) == n
	}
	part.First = &plan
	return part
}

// planPath is where the Plan is that says where the bytes of the record's body lie. A navigation
// that waits for some does not seek either.
func planPath(r *http.Request, uniqueID string, record bgfetch.RecordSnapshot) string {
	path := fmt.Sprintf("fetches/%s/records/%d/plan?generation=%d", uniqueID, record.Index, record.Generation)
	if navigates(r) {
		path += "&stay=1"
	}
	return path
}

// contentType is the stored media type.
func contentType(record bgfetch.RecordSnapshot) string {
	if t := headerField(record, "Content-Type"); t != "" {
		return t
	}
	return "application/octet-stream"
}

// entityTag is the stored one where it is strong. The bytes of a generation never
// change, so that otherwise a strong one can be made.
func entityTag(uniqueID string, record bgfetch.RecordSnapshot) string {
	tag := headerField(record, "ETag")
	if len(tag) >= 2 && strings.HasPrefix(tag, `"`) && strings.HasSuffix(tag, `"`) {
		return tag
	}
	return fmt.Sprintf(`"%s.%d.%d"`, uniqueID, record.Index, record.Generation)
}

// headerField is a field of the stored response's header, "" where it has none.
func headerField(record bgfetch.RecordSnapshot, name string) string {
	for _, header := range record.Head.Headers {
		if strings.EqualFold(header[0], name) {
			return header[1]
		}
	}
	return ""
}
