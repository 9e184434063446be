//go:build js && wasm

package browser

import (
	"context"
	"errors"

	"background-fetch-wasm/wasm/bgfetch"
)

// Events is bgfetch.Events: the host tells the pages and fires the events.
type Events struct {
	Bridge *Bridge
}

var _ bgfetch.Events = Events{}

type updateArgs struct {
	Snapshots []bgfetch.Snapshot      `json:"snapshots"`
	Groups    []bgfetch.GroupSnapshot `json:"groups"`
	Wait      bool                    `json:"wait"`
}

type dispatchArgs struct {
	Type     bgfetch.EventType `json:"type"`
	Snapshot bgfetch.Snapshot  `json:"snapshot"`
}

// Update implements bgfetch.Events.
func (e Events) Update(ctx context.Context, snapshots []bgfetch.Snapshot, groups []bgfetch.GroupSnapshot, wait bool) {
	args := updateArgs{snapshots, groups, wait}
	if !wait {
		e.Bridge.send("update", args)
		return
	}
	// A page that was not told asks when it next sees the worker.
	_ = e.Bridge.call(ctx, "update", args, nil)
}

// Dispatch implements bgfetch.Events.
func (e Events) Dispatch(ctx context.Context, event bgfetch.EventType, snapshot bgfetch.Snapshot) error {
	return e.Bridge.call(ctx, "dispatch", dispatchArgs{event, snapshot}, nil)
}

type refreshArgs struct {
	Snapshot bgfetch.Snapshot `json:"snapshot"`
	Request  bgfetch.Request  `json:"request"`
	Head     bgfetch.Head     `json:"head"`
}

// refreshed has a request, or says why there is none; neither where no listener has one to give.
type refreshed struct {
	Request *bgfetch.Request `json:"request,omitempty"`
	Refused string           `json:"refused,omitempty"`
}

// Refresh implements bgfetch.Events.
func (e Events) Refresh(ctx context.Context, snapshot bgfetch.Snapshot, request bgfetch.Request, head bgfetch.Head) (*bgfetch.Request, error) {
	var given refreshed
	if err := e.Bridge.call(ctx, "refresh", refreshArgs{snapshot, request, head}, &given); err != nil {
		return nil, err
	}
	if given.Refused != "" {
		return nil, errors.New(given.Refused)
	}
	return given.Request, nil
}

// Evict implements bgfetch.Events.
func (e Events) Evict(ctx context.Context, records []bgfetch.KeptRecord) (reading []int, err error) {
	err = e.Bridge.call(ctx, "evict", struct {
		Records []bgfetch.KeptRecord `json:"records"`
	}{records}, &reading)
	return reading, err
}

// ReportActive tells the host how many background fetches are not yet done with,
// without waiting. With 0 the worker may rest.
func (b *Bridge) ReportActive(count int) {
	b.send("active", struct {
		Count int `json:"count"`
	}{count})
}

// ReportLog hands an entry of the log to the host, without waiting.
func (b *Bridge) ReportLog(entry bgfetch.LogEntry) { b.send("log", entry) }

// ReportLogBatch hands entries of the log to the host, without waiting.
func (b *Bridge) ReportLogBatch(batch bgfetch.LogBatch) { b.send("logBatch", batch) }
