package bgfetch

// Snapshot is what an instance (a BackgroundFetchRegistration object in some
// realm) is told. Snapshots cross realms, objects never do.
type Snapshot struct {
	// Engine and Revision order the snapshots of one background fetch, which travel
	// on several ways: of two with the same Engine, a number of the engine that made
	// them, the one with the greater Revision is the newer.
	Engine   int64 `json:"engine"`
	Revision int64 `json:"revision"`

	UniqueID         string        `json:"uniqueId"`
	ID               string        `json:"id"`
	UploadTotal      int64         `json:"uploadTotal"`
	Uploaded         int64         `json:"uploaded"`
	DownloadTotal    int64         `json:"downloadTotal"`
	Downloaded       int64         `json:"downloaded"`
	Result           Result        `json:"result"`
	FailureReason    FailureReason `json:"failureReason"`
	RecordsAvailable bool          `json:"recordsAvailable"`

	// Additions to the standard.

	// Group is that of FetchInit.
	Group string `json:"group,omitempty"`
	// Kept: the records stay, for now, and no more snapshots need to be waited for.
	Kept   bool     `json:"kept,omitempty"`
	Paused bool     `json:"paused"`
	State  Activity `json:"state"`
	// RetryAt is when the next try is made, in ms since 1970, while State is
	// waiting-host, waiting-retry or waiting-refresh.
	RetryAt int64 `json:"retryAt,omitempty"`
	// NetworkOptions are those in force.
	NetworkOptions
}

// RecordSnapshot is what an instance is told of a record.
type RecordSnapshot struct {
	Index   int     `json:"index"`
	Request Request `json:"request"`
	// Head is nil until it is known, and where it may not be exposed.
	Head   *Head          `json:"head"`
	Result ResponseResult `json:"result"`
	// Exposed says whether the response may be read now or later.
	Exposed    bool `json:"exposed"`
	Generation int  `json:"generation"`
	// Length is the complete length of the body, or -1 while it is not certain.
	Length int64 `json:"length"`
}

// Plan says where the bytes of a response body lie, from some offset on.
type Plan struct {
	// Cache is the name of the Cache API cache that holds the segments.
	Cache    string        `json:"cache"`
	Segments []PlanSegment `json:"segments"`
	// End is set when no bytes follow these segments: the body is complete.
	End bool `json:"end"`
	// Failed is the reason why no more bytes come, or "".
	Failed FailureReason `json:"failed,omitempty"`
}

// Tells reports whether there is anything to tell: where bytes are, or that none follow.
func (p Plan) Tells() bool {
	return len(p.Segments) > 0 || p.End || p.Failed != ReasonNone
}

// PlanSegment is a stored segment and the key that it is stored under.
type PlanSegment struct {
	Key    string `json:"key"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	// Whole says that the entry is the response as it came from the network.
	Whole bool `json:"whole,omitempty"`
}

// Activity says what a background fetch does at the moment, or why it does
// nothing: an addition to the standard, so that a page can say so.
type Activity string

const (
	ActivityQueued        Activity = "queued"         // other transfers go first
	ActivityRunning       Activity = "running"        // at least one request is under way
	ActivityWaitingOnline Activity = "waiting-online" // the browser is offline
	ActivityWaitingHost   Activity = "waiting-host"   // the server cannot be reached
	ActivityWaitingRetry  Activity = "waiting-retry"  // a try failed, the next one comes later
	// ActivityWaitingRefresh: the site is to give another request, and could not so far.
	ActivityWaitingRefresh Activity = "waiting-refresh"
	// ActivityWaitingUnmetered: the connection is one that it may not use.
	ActivityWaitingUnmetered Activity = "waiting-unmetered"
	ActivityPaused           Activity = "paused"
	ActivitySettled          Activity = "settled"
)
