package bgfetch

import "slices"

// Permission is the policy of a site on background fetches.
type Permission string

const (
	PermissionGranted Permission = "granted"
	PermissionDenied  Permission = "denied"
	// PermissionPrompt: each begins paused until the user agrees.
	PermissionPrompt Permission = "prompt"
)

// Priority says which background fetches go first: an addition to the standard. The
// scheduler keeps to it.
type Priority string

const (
	PriorityHigh   Priority = "high"
	PriorityNormal Priority = "normal"
	PriorityLow    Priority = "low"
)

// Priorities are all of them, the highest first.
var Priorities = []Priority{PriorityHigh, PriorityNormal, PriorityLow}

// Connections says which connections a background fetch may use.
type Connections string

const (
	ConnectionsAny Connections = "any"
	// ConnectionsUnmetered: it waits while the browser tells of a connection on which
	// bytes are to be saved.
	ConnectionsUnmetered Connections = "unmetered"
)

// NetworkOptions are how a background fetch uses the network beside others, additions
// to the standard. "" and 0 stand for the default: background fetches that were
// stored before there were such options have none.
type NetworkOptions struct {
	Priority Priority    `json:"priority,omitempty"`
	Network  Connections `json:"network,omitempty"`
	// MaxBandwidth bounds what it downloads, in bytes per second; 0: nothing does.
	MaxBandwidth int64 `json:"maxBandwidth,omitempty"`
}

// NetworkOptionsInit is a change of NetworkOptions: what is nil stays.
type NetworkOptionsInit struct {
	Priority     *Priority    `json:"priority"`
	Network      *Connections `json:"network"`
	MaxBandwidth *int64       `json:"maxBandwidth"`
}

// Check refuses what is none of the values.
func (o NetworkOptions) Check() error {
	if o.Priority != "" && !slices.Contains(Priorities, o.Priority) {
		return Errorf(TypeError, "options.priority must be 'high' or 'normal' or 'low', not %.80q", o.Priority)
	}
	if o.Network != "" && o.Network != ConnectionsAny && o.Network != ConnectionsUnmetered {
		return Errorf(TypeError, "options.network must be 'any' or 'unmetered', not %.80q", o.Network)
	}
	if o.MaxBandwidth < 0 || o.MaxBandwidth > MaxLength {
		return Errorf(TypeError, "options.maxBandwidth must be a whole number from 0 to %d, not %d", int64(MaxLength), o.MaxBandwidth)
	}
	return nil
}

// With returns the options after a change.
func (o NetworkOptions) With(change NetworkOptionsInit) NetworkOptions {
	if change.Priority != nil {
		o.Priority = *change.Priority
	}
	if change.Network != nil {
		o.Network = *change.Network
	}
	if change.MaxBandwidth != nil {
		o.MaxBandwidth = *change.MaxBandwidth
	}
	return o
}
