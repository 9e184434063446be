package library_test

import (
	"slices"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

// member is one that was created and ended then; ended 0: it is not done with.
func member(id string, created, ended int64) library.Member {
	return library.Member{Snapshot: bgfetch.Snapshot{ID: id, UniqueID: id}, Created: created, Ended: ended}
}

func TestRound(t *testing.T) {
	again := member("a", 50, 0)
	again.UniqueID = "a again"
	for what, test := range map[string]struct {
		members []library.Member
		want    []string
	}{
		"nobody":                           {nil, nil},
		"those under way":                  {[]library.Member{member("b", 20, 0), member("a", 10, 0)}, []string{"a", "b"}},
		"what ended meanwhile":             {[]library.Member{member("a", 10, 30), member("b", 20, 0)}, []string{"a", "b"}},
		"one after the other":              {[]library.Member{member("a", 10, 30), member("b", 20, 50), member("c", 40, 0)}, []string{"a", "b", "c"}},
		"what ended before":                {[]library.Member{member("a", 10, 30), member("b", 31, 0)}, []string{"b"}},
		"what ended last":                  {[]library.Member{member("a", 10, 30), member("b", 40, 60), member("c", 50, 55)}, []string{"b", "c"}},
		"one that is just being deleted":   {[]library.Member{member("a", 10, 30), member("a", 10, 0), member("b", 20, 0)}, []string{"a", "b"}},
		"an id again":                      {[]library.Member{member("a", 10, 30), member("b", 20, 0), again}, []string{"b", "a"}},
		"what ended when the next began":   {[]library.Member{member("a", 10, 30), member("b", 30, 0)}, []string{"a", "b"}},
		"one that goes on over all others": {[]library.Member{member("a", 10, 20), member("b", 30, 40), member("c", 5, 0)}, []string{"c", "a", "b"}},
	} {
		var got []string
		for _, m := range library.Round(test.members) {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", what, got, test.want)
		}
	}
}

func TestSumUpWithoutATotal(t *testing.T) {
	known := member("a", 1, 0)
	known.DownloadTotal, known.Total, known.Downloaded, known.UploadTotal, known.Uploaded = 100, 110, 40, 10, 5
	known.State = bgfetch.ActivityPaused
	unknown := member("b", 2, 0)
	unknown.Downloaded, unknown.State = 7, bgfetch.ActivityWaitingRetry
	sums := library.SumUp("g", []library.Member{known, unknown})
	if sums.Downloaded != 47 || sums.DownloadTotal != 0 || sums.UploadTotal != 10 || sums.Uploaded != 5 || sums.State != bgfetch.ActivityWaitingRetry {
		t.Errorf("one is not known: %+v", sums)
	}
	unknown.Result = bgfetch.ResultSuccess // then it is
	if sums = library.SumUp("g", []library.Member{known, unknown}); sums.DownloadTotal != 107 || sums.State != bgfetch.ActivityPaused {
		t.Errorf("it is complete: %+v", sums)
	}
	unknown.Result = bgfetch.ResultFailure
	if sums = library.SumUp("g", []library.Member{known, unknown}); sums.DownloadTotal != 100 || sums.Downloaded != 40 {
		t.Errorf("it has failed: %+v", sums)
	}
}
