//go:build js && wasm

package idbstore

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// Load implements bgfetch.Store.
func (s *Store) Load(ctx context.Context) ([]bgfetch.Stored, error) {
	tables, err := s.readAll(ctx, fetchesStore, requestsStore, recordsStore, segmentsStore)
	if err != nil {
		return nil, wrap(portError(err), "load")
	}
	stored, err := assemble(tables[0], tables[1], tables[2], tables[3])
	return stored, wrap(err, "load")
}

// assemble makes the background fetches of their rows, in order of creation.
func assemble(fetches, requests, records, segments table) ([]bgfetch.Stored, error) {
	var states []bgfetch.FetchState
	if err := json.Unmarshal(fetches.values, &states); err != nil {
		return nil, err
	}
	stored := make([]bgfetch.Stored, len(states))
	byID := make(map[string]*bgfetch.Stored, len(states))
	for i, state := range states {
		stored[i].State = state
		byID[state.UniqueID] = &stored[i]
	}
	sequence, err := assembleRequests(byID, requests)
	if err != nil {
		return nil, err
	}
	if err := assembleRecords(byID, records); err != nil {
		return nil, err
	}
	if err := assembleSegments(byID, segments); err != nil {
		return nil, err
	}
	slices.SortFunc(stored, func(a, b bgfetch.Stored) int {
		return cmp.Compare(sequence[a.State.UniqueID], sequence[b.State.UniqueID])
	})
	return stored, nil
}

// assembleRequests fills in the requests and records that were never put, and
// returns the sequence numbers.
func assembleRequests(byID map[string]*bgfetch.Stored, requests table) (map[string]int64, error) {
	var keys []string
	var rows []requestsRow
	if err := requests.unmarshal(&keys, &rows); err != nil {
		return nil, err
	}
	sequence := make(map[string]int64, len(keys))
	for i, uniqueID := range keys {
		fetch := byID[uniqueID]
		if fetch == nil {
			continue
		}
		sequence[uniqueID] = rows[i].Sequence
		fetch.Requests = rows[i].Requests
		fetch.Records = make([]bgfetch.RecordState, len(fetch.Requests))
		for j := range fetch.Records {
			fetch.Records[j].Response.Length = -1
		}
	}
	return sequence, nil
}

func assembleRecords(byID map[string]*bgfetch.Stored, records table) error {
	var keys []rowKey
	var rows []bgfetch.RecordState
	if err := records.unmarshal(&keys, &rows); err != nil {
		return err
	}
	for i, k := range keys {
		if record := recordOf(byID, k); record != nil {
			*record = rows[i]
		}
	}
	return nil
}

// assembleSegments gets the segments sorted, as the database sorts keys.
func assembleSegments(byID map[string]*bgfetch.Stored, segments table) error {
	var keys []rowKey
	var lengths []int64
	if err := segments.unmarshal(&keys, &lengths); err != nil {
		return err
	}
	for i, k := range keys {
		record := recordOf(byID, k)
		if record == nil || record.Response.Generation != k.generation {
			continue
		}
		record.Response.Segments = append(record.Response.Segments, bgfetch.Segment{Offset: k.offset, Length: lengths[i]})
	}
	return nil
}

// recordOf returns the record that a row belongs to, or nil.
func recordOf(byID map[string]*bgfetch.Stored, k rowKey) *bgfetch.RecordState {
	fetch := byID[k.uniqueID]
	if fetch == nil || k.index < 0 || k.index >= len(fetch.Records) {
		return nil
	}
	return &fetch.Records[k.index]
}
