package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

func TestGroups(t *testing.T) {
	serve(t, func(t *testing.T, h http.Handler) {
		call(t, h, "POST", "/fetches", strings.Replace(fetchBody, "{", `{"group":"a/../b",`, 1), 201, nil)
		time.Sleep(2500 * time.Millisecond)
		const query = "?group=a%2F..%2Fb"
		var group bgfetch.GroupSnapshot
		call(t, h, "GET", "/groups"+query, "", 200, &group)
		if group.Group != "a/../b" || len(group.IDs) != 1 || group.States[bgfetch.ActivityRunning] != 1 || group.Downloaded == 0 {
			t.Errorf("group: %+v", group)
		}
		var all struct {
			Groups  []bgfetch.GroupSnapshot
			Fetches []bgfetch.Listing
		}
		for _, path := range []string{"/groups", "/list"} {
			call(t, h, "GET", path, "", 200, &all)
			if len(all.Groups) != 1 || all.Groups[0].Group != "a/../b" {
				t.Errorf("%s: %+v", path, all)
			}
		}
		if all.Fetches[0].Group != "a/../b" {
			t.Errorf("the list: %+v", all.Fetches)
		}
		var answer struct{ Paused, Changed, Aborted bool }
		call(t, h, "POST", "/groups/pause"+query, "", 200, &answer)
		if !answer.Paused {
			t.Error("it is not paused")
		}
		call(t, h, "POST", "/groups/options"+query, `{"priority":"low"}`, 200, &answer)
		if !answer.Changed {
			t.Error("it is not changed")
		}
		call(t, h, "POST", "/groups/resume"+query, "", 200, &answer)
		if answer.Paused {
			t.Error("it is paused")
		}
		call(t, h, "POST", "/groups/abort"+query+"&call=1", "", 200, &answer)
		if !answer.Aborted {
			t.Error("it is not aborted")
		}
		call(t, h, "POST", "/groups/abort?group=nobody", "", 200, &answer)
		if answer.Aborted {
			t.Error("nobody is aborted")
		}
		call(t, h, "POST", "/groups/pause?group=nobody", "", 200, &answer)
		call(t, h, "GET", "/groups?group=", "", 400, nil)
		call(t, h, "POST", "/groups/pause", "", 400, nil)
		call(t, h, "POST", "/groups/abort?group=x&call="+strings.Repeat("x", 65), "", 400, nil)
		call(t, h, "POST", "/groups/options"+query, `{"priority":"highest"}`, 400, nil)
		call(t, h, "POST", "/groups/options"+query, "no JSON", 400, nil)
		call(t, h, "GET", "/groups/abort"+query, "", 405, nil)
	})
}
