//go:build js && wasm

package idbstore

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// Load implements bgfetch.Store.
func (s *Store) Load(ctx context.Context) ([]bgfetch.Stored, error) {
	tables, err := s.readAll(ctx, fetchesStore, requestsStore, recordsStore, segmentsStore)
	if err != nil {
		return nil, wrap(portError(err), "load")
	}
	var states []bgfetch.FetchState
	var requests []requestsRow
	var records []recordRow
	var segments []segmentRow
	for i, rows := range []any{&states, &requests, &records, &segments} {
		if err := json.Unmarshal(tables[i], rows); err != nil {
			return nil, wrap(err, "load")
		}
	}
	stored := assemble(states, requests, records, segments)
	for _, uniqueID := range incomplete(stored, states, requests, records, segments) {
		if err := s.Delete(ctx, uniqueID, nil); err != nil {
			return nil, err
		}
	}
	return stored, nil
}

// incomplete returns the unique ids of rows that make no background fetch: others
// of its rows were deleted behind our back.
func incomplete(
	stored []bgfetch.Stored, states []bgfetch.FetchState, requests []requestsRow, records []recordRow, segments []segmentRow,
) []string {
	complete := make(map[string]bool, len(stored))
	for _, fetch := range stored {
		complete[fetch.State.UniqueID] = true
	}
	found := map[string]bool{}
	note := func(uniqueID string) {
		if !complete[uniqueID] {
			found[uniqueID] = true
		}
	}
	for _, state := range states {
		note(state.UniqueID)
	}
	for _, row := range requests {
		note(row.UniqueID)
	}
	for _, row := range records {
		note(row.UniqueID)
	}
	for _, row := range segments {
		note(row.UniqueID)
	}
	return slices.Collect(maps.Keys(found))
}

// assemble makes the background fetches of their rows, in order of creation.
// The segments are sorted, as the database sorts by key.
func assemble(states []bgfetch.FetchState, requests []requestsRow, records []recordRow, segments []segmentRow) []bgfetch.Stored {
	stored := make([]bgfetch.Stored, len(states))
	byID := make(map[string]*bgfetch.Stored, len(states))
	for i, state := range states {
		stored[i].State = state
		byID[state.UniqueID] = &stored[i]
	}
	sequence := make(map[string]int64, len(states))
	for _, row := range requests {
		if fetch := byID[row.UniqueID]; fetch != nil {
			sequence[row.UniqueID] = row.Sequence
			fetch.Requests = row.Requests
			fetch.Records = initialRecords(len(row.Requests))
		}
	}
	for _, row := range records {
		if record := recordOf(byID, row.UniqueID, row.Index); record != nil {
			*record = row.State
		}
	}
	for _, row := range segments {
		record := recordOf(byID, row.UniqueID, row.Index)
		if record != nil && record.Response.Generation == row.Generation {
			record.Response.Segments = append(record.Response.Segments, bgfetch.Segment{Offset: row.Offset, Length: row.Length, Nonce: row.Nonce})
		}
	}
	stored = slices.DeleteFunc(stored, func(fetch bgfetch.Stored) bool { return len(fetch.Requests) == 0 })
	slices.SortFunc(stored, func(a, b bgfetch.Stored) int {
		return cmp.Compare(sequence[a.State.UniqueID], sequence[b.State.UniqueID])
	})
	return stored
}

// initialRecords returns the records that were never put.
func initialRecords(n int) []bgfetch.RecordState {
	records := make([]bgfetch.RecordState, n)
	for i := range records {
		records[i].Response.Length = -1
	}
	return records
}

// recordOf returns the record that a row belongs to, or nil.
func recordOf(byID map[string]*bgfetch.Stored, uniqueID string, index int) *bgfetch.RecordState {
	fetch := byID[uniqueID]
	if fetch == nil || index < 0 || index >= len(fetch.Records) {
		return nil
	}
	return &fetch.Records[index]
}
