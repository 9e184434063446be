package engine

import (
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/pace"
)

// Options of an engine. Zero values stand for the defaults.
type Options struct {
	// MaxTransfers bounds the transfers at once, MaxPerHost those with one host.
	MaxTransfers, MaxPerHost int
	// Segments says when a segment ends.
	Segments bgfetch.SaveLimits
	// Ranges says when a record is moved by several requests at a time.
	Ranges pace.Policy
	// NotifyInterval is the least time between two progress notifications.
	NotifyInterval time.Duration
	Retry          bgfetch.RetryPolicy
	// ShowInterval is the least time between two changes of what is shown of a
	// background fetch. One that takes less than that is not shown at all.
	ShowInterval time.Duration
	// Permission is the site's policy.
	Permission bgfetch.Permission
	// Network is what background fetches use that do not say.
	Network bgfetch.Connections
	// MaxBandwidth bounds what all together download, in bytes per second; 0: nothing does.
	MaxBandwidth int64
	// Remains says what of records that failed stays for another try.
	Remains library.RemainsPolicy
	// KeepMax bounds what is kept.
	KeepMax bgfetch.KeepMax
	// Framing says which bodies that end too early this browser reports.
	Framing bgfetch.Framing
	// Origin is the site's own, such as "https://example.com".
	Origin string
	// Lang is the language of what is shown, as a BCP 47 tag, and of whoever does not say: English
	// by default.
	Lang string
	// Texts are what the site says in place of our texts, by language, in lower case, and name.
	Texts map[string]map[string]bgfetch.Text
	// OnActive is told how many background fetches are not yet done with, after
	// each change.
	OnActive func(count int)
	// OnLog is told each entry of the log at once. It must not wait.
	OnLog func(bgfetch.LogEntry)
	// OnLogBatch, unless it is nil, is told each entry of the log once, in order, of
	// several together. It must not wait.
	OnLogBatch func(bgfetch.LogBatch)
}

// DefaultOptions are what zero values in Options stand for. A segment ends early
// enough for progress four times a second, and large enough to be worth a row;
// MaxTime bounds what a killed worker costs.
var DefaultOptions = Options{
	MaxTransfers:   8,
	MaxPerHost:     5,
	Segments:       bgfetch.SaveLimits{MinLength: 256 << 10, MaxLength: 8 << 20, MinTime: 100 * time.Millisecond, MaxTime: 2 * time.Second},
	Ranges:         pace.DefaultPolicy,
	NotifyInterval: 75 * time.Millisecond,
	ShowInterval:   time.Second,
	Permission:     bgfetch.PermissionGranted,
	Retry:          bgfetch.DefaultRetryPolicy,
	Remains:        library.DefaultRemains,
	Lang:           "en",
}

// RemainsPolicy is what Options.Remains is where a site wants that; nil is for none at all. The
// error names a member that is out of range.
func RemainsPolicy(init *bgfetch.RemainsInit) (library.RemainsPolicy, error) {
	return library.DefaultRemains.With(init)
}

func (o Options) withDefaults() Options {
	if o.MaxTransfers == 0 {
		o.MaxTransfers = DefaultOptions.MaxTransfers
	}
	if o.MaxPerHost == 0 {
		o.MaxPerHost = DefaultOptions.MaxPerHost
	}
	if o.Segments == (bgfetch.SaveLimits{}) {
		o.Segments = DefaultOptions.Segments
	}
	if o.Ranges == (pace.Policy{}) {
		o.Ranges = DefaultOptions.Ranges
	}
	if o.NotifyInterval == 0 {
		o.NotifyInterval = DefaultOptions.NotifyInterval
	}
	if o.ShowInterval == 0 {
		o.ShowInterval = DefaultOptions.ShowInterval
	}
	if o.Permission == "" {
		o.Permission = DefaultOptions.Permission
	}
	if o.Retry == (bgfetch.RetryPolicy{}) {
		o.Retry = DefaultOptions.Retry
	}
	if o.Remains == (library.RemainsPolicy{}) {
		o.Remains = DefaultOptions.Remains
	}
	if o.Lang == "" {
		o.Lang = DefaultOptions.Lang
	}
	if o.OnActive == nil {
		o.OnActive = func(int) {}
	}
	if o.OnLog == nil {
		o.OnLog = func(bgfetch.LogEntry) {}
	}
	return o
}
