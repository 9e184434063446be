//go:build js && wasm

package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"log"
	"maps"
	"net/http"

	"github.com/hack-pad/safejs"
	wasmhttp "github.com/nlepage/go-wasm-http-server/v2"

	"background-fetch-wasm/wasm/bgfetch"
)

// replyWriter is the http.ResponseWriter of one request.
//
// It collects the reply and makes a Response of it at the end: a body without a
// stream leaves nothing behind in JS or Go, may be absent (204, 304), and cannot
// be cancelled while it is written. A handler that flushes gets the library's
// streamed response instead.
type replyWriter struct {
	resolve resolveFunc
	cancel  func()

	header http.Header
	status int         // 0 until WriteHeader
	sent   http.Header // the header at that moment
	body   bytes.Buffer
	stream wasmhttp.Response // nil until Flush
	failed bool
}

var _ http.Flusher = (*replyWriter)(nil)

// Header implements http.ResponseWriter.
func (w *replyWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// WriteHeader implements http.ResponseWriter.
func (w *replyWriter) WriteHeader(status int) {
	if w.status != 0 || status < 200 { // a 1xx is no Response
		return
	}
	w.status = status
	w.sent = w.Header().Clone()
}

// Write implements http.ResponseWriter.
func (w *replyWriter) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.stream != nil {
		return w.stream.Write(data)
	}
	return w.body.Write(data)
}

// Flush implements http.Flusher: from now on what is written is streamed, one
// value per header field. The request's context ends if the client cancels it.
func (w *replyWriter) Flush() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.stream == nil {
		if !hasBody(w.status) {
			return
		}
		stream, err := wasmhttp.NewResponse()
		if err != nil {
			panic(err)
		}
		maps.Copy(stream.Header(), w.sent)
		stream.WriteHeader(w.status)
		w.resolve(safejs.Safe(stream.JSValue()))
		w.stream = stream
		context.AfterFunc(stream.Context(), w.cancel)
		_, _ = stream.Write(w.body.Bytes())
	}
	if w.stream.Context().Err() == nil {
		w.stream.Flush()
	}
}

// fail replaces the reply by a problem, or breaks off a reply already begun.
func (w *replyWriter) fail(status int, detail string) {
	w.failed = true
	w.status = status
	w.sent = http.Header{"Content-Type": {bgfetch.ProblemType}, "Cache-Control": {"no-store"}}
	text, _ := json.Marshal(bgfetch.NewProblem(status, bgfetch.TypeError, detail)) // strings and a number can be encoded
	w.body.Reset()
	w.body.Write(text)
}

// finish sends the reply, unless it is streamed already.
func (w *replyWriter) finish() {
	if w.stream != nil {
		_ = w.stream.Close() // an error says that the client has gone away
		return
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	response, err := w.response()
	if err != nil && !w.failed {
		log.Println("bgfetch: no Response:", err)
		w.fail(http.StatusInternalServerError, "The reply cannot be made a Response: "+err.Error())
		response, err = w.response()
	}
	if err != nil { // a plain 500 cannot fail; should it, nobody must hang
		response = safejs.Null()
	}
	w.resolve(response)
}

// response makes a JS Response.
func (w *replyWriter) response() (safejs.Value, error) {
	if w.sent.Get("Content-Type") == "" && w.body.Len() > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	headers, err := construct("Headers")
	if err != nil {
		return safejs.Value{}, err
	}
	for name, values := range w.sent {
		for _, value := range values {
			if _, err := headers.Call("append", name, value); err != nil {
				return safejs.Value{}, err
			}
		}
	}
	body := safejs.Null()
	if hasBody(w.status) && w.body.Len() > 0 {
		if body, err = construct("Uint8Array", w.body.Len()); err != nil {
			return safejs.Value{}, err
		}
		if _, err := safejs.CopyBytesToJS(body, w.body.Bytes()); err != nil {
			return safejs.Value{}, err
		}
	}
	return construct("Response", body, map[string]any{"status": w.status, "headers": headers})
}

// hasBody reports whether a Response with that status may have a body.
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusResetContent && status != http.StatusNotModified
}

func construct(class string, args ...any) (safejs.Value, error) {
	constructor, err := safejs.Global().Get(class)
	if err != nil {
		return safejs.Value{}, err
	}
	return constructor.New(args...)
}
