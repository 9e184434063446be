package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

func TestListHistoryAndLog(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", fetchBody, 201, nil)
		var list struct {
			Fetches []bgfetch.Listing
			History int64
		}
		call(t, h, "GET", "/list", "", 200, &list)
		if len(list.Fetches) != 1 || list.Fetches[0].Title != "T" || list.Fetches[0].UniqueID != "u1" {
			t.Errorf("list: %+v", list)
		}
		call(t, h, "POST", "/fetches/u1/abort", "", 200, nil)
		time.Sleep(time.Minute)

		var history struct {
			Fetches  []bgfetch.Ended
			Revision int64
		}
		call(t, h, "GET", "/history", "", 200, &history)
		if len(history.Fetches) != 1 || history.Fetches[0].FailureReason != "aborted" || history.Revision == list.History {
			t.Fatalf("history: %+v", history)
		}
		number := history.Fetches[0].Number
		var again bgfetch.Snapshot
		call(t, h, "POST", fmt.Sprintf("/history/%d/retry", number), `{"uniqueId":"u2"}`, 201, &again)
		if again.UniqueID != "u2" || again.ID != history.Fetches[0].ID {
			t.Errorf("retry: %+v", again)
		}
		call(t, h, "POST", fmt.Sprintf("/history/%d/retry", number), `{"uniqueId":"u3"}`, 404, nil)
		call(t, h, "POST", "/fetches/u2/abort", "", 200, nil)
		time.Sleep(time.Minute)
		call(t, h, "GET", "/history", "", 200, &history)
		number = history.Fetches[0].Number
		call(t, h, "POST", fmt.Sprintf("/history/%d/retry", number), `{"uniqueId":"a/b"}`, 400, nil)
		if call(t, h, "POST", fmt.Sprintf("/history/%d/retry", number), `{}`, 201, &again); again.UniqueID == "" {
			t.Errorf("retry without a unique id: %+v", again)
		}
		time.Sleep(time.Minute)
		call(t, h, "GET", "/history", "", 200, &history)
		number = history.Fetches[0].Number
		call(t, h, "DELETE", fmt.Sprintf("/history/%d", number), "", 200, nil)
		call(t, h, "DELETE", fmt.Sprintf("/history/%d", number), "", 404, nil)
		call(t, h, "DELETE", "/history/x", "", 400, nil)
		call(t, h, "DELETE", "/history", "", 200, nil)
		if call(t, h, "GET", "/history", "", 200, &history); len(history.Fetches) != 0 {
			t.Errorf("history after DELETE: %+v", history)
		}
		var log bgfetch.Log
		if call(t, h, "GET", "/log", "", 200, &log); len(log.Runs) != 1 || len(log.Runs[0].Entries) < 5 {
			t.Errorf("log: %+v", log)
		}
		if allow := call(t, h, "POST", "/history", "", 405, nil).Get("Allow"); allow != "DELETE, GET, HEAD" {
			t.Errorf("Allow: %v", allow)
		}
	})
}
