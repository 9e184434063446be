package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"background-fetch-wasm/wasm/bgfetch"
)

// reply answers with v, or with the problem that err is.
func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, v)
}

func writeError(w http.ResponseWriter, err error) {
	var e *bgfetch.Error
	switch {
	case errors.Is(err, bgfetch.ErrUnknown):
		writeProblem(w, http.StatusNotFound, bgfetch.InvalidStateError, err.Error())
	case errors.As(err, &e):
		writeProblem(w, statusOf(e.Name), e.Name, e.Message)
	case errors.Is(err, bgfetch.ErrQuota):
		writeProblem(w, statusOf(bgfetch.QuotaExceededError), bgfetch.QuotaExceededError, err.Error())
	default:
		writeProblem(w, http.StatusInternalServerError, bgfetch.TypeError, err.Error())
	}
}

func statusOf(exception bgfetch.ErrorName) int {
	switch exception {
	case bgfetch.NotAllowedError:
		return http.StatusForbidden
	case bgfetch.InvalidStateError:
		return http.StatusConflict
	case bgfetch.QuotaExceededError:
		return http.StatusInsufficientStorage
	}
	return http.StatusBadRequest
}

func writeProblem(w http.ResponseWriter, status int, exception bgfetch.ErrorName, detail string) {
	write(w, status, bgfetch.ProblemType, bgfetch.NewProblem(status, exception, detail))
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	write(w, status, "application/json", v)
}

func write(w http.ResponseWriter, status int, contentType string, v any) {
	text, err := json.Marshal(v)
	if err != nil { // all that is written here can be encoded
		panic(err)
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(text)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff") // ids and URLs in it are never markup
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that went away needs no answer
}

// Broken answers every request with the reason why there is no engine.
func Broken(reason error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeError(w, reason) })
}
