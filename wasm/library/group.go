package library

import (
	"cmp"
	"math"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// Member is what the sums of a group are made of: a background fetch that is under way, or was.
type Member struct {
	bgfetch.Snapshot
	// Total is that of a Listing.
	Total int64
	// Created is in ms since 1970, and so is Ended, which is 0 of one that is not done with.
	Created, Ended int64
}

// end is after all others where it is not done with.
func (m Member) end() int64 {
	if m.Ended == 0 {
		return math.MaxInt64
	}
	return m.Ended
}

// total is the length of its bodies as far as it is known, else 0; of one that is complete it is.
func (m Member) total() int64 {
	if m.Result == bgfetch.ResultSuccess {
		return m.UploadTotal + m.Downloaded
	}
	return m.Total
}

// Round returns those of the last round of a group, the oldest first: each begins before the
// others have all ended. Of several with the same id it is the last: one may also be told of as
// under way and as ended, for the moment in which it is deleted.
func Round(members []Member) []Member {
	all := slices.Clone(members)
	slices.SortFunc(all, func(a, b Member) int { return cmp.Compare(b.end(), a.end()) })
	begin := int64(math.MaxInt64)
	for i, m := range all {
		if i > 0 && m.end() < begin {
			all = all[:i]
			break
		}
		begin = min(begin, m.Created)
	}
	slices.SortFunc(all, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.end(), b.end()), cmp.Compare(a.UniqueID, b.UniqueID))
	})
	last := map[string]int{}
	for i, m := range all {
		last[m.ID] = i
	}
	var round []Member
	for i, m := range all {
		if last[m.ID] == i {
			round = append(round, m)
		}
	}
	return round
}

// nearest are the states of a background fetch, the nearest to its end first.
var nearest = []bgfetch.Activity{
	bgfetch.ActivityRunning, bgfetch.ActivityQueued, bgfetch.ActivityWaitingRetry, bgfetch.ActivityWaitingHost,
	bgfetch.ActivityWaitingRefresh, bgfetch.ActivityWaitingOnline, bgfetch.ActivityWaitingUnmetered, bgfetch.ActivityPaused,
}

// SumUp sums up a round.
func SumUp(group string, round []Member) bgfetch.GroupSnapshot {
	sums := bgfetch.GroupSnapshot{
		Group: group, IDs: []string{}, State: bgfetch.ActivitySettled, States: map[bgfetch.Activity]int{},
	}
	known := true
	for _, m := range round {
		sums.IDs = append(sums.IDs, m.ID)
		switch m.Result {
		case bgfetch.ResultNone:
			sums.States[m.State]++
		case bgfetch.ResultSuccess:
			sums.Results.Success++
		case bgfetch.ResultFailure:
			sums.Results.Failure++
			continue
		}
		sums.Downloaded += m.Downloaded
		sums.Uploaded += m.Uploaded
		sums.UploadTotal += m.UploadTotal
		sums.DownloadTotal += m.total() - m.UploadTotal
		known = known && m.total() > 0
	}
	if !known {
		sums.DownloadTotal = 0
	}
	if i := slices.IndexFunc(nearest, func(state bgfetch.Activity) bool { return sums.States[state] > 0 }); i >= 0 {
		sums.State = nearest[i]
	}
	return sums
}
