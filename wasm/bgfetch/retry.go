package bgfetch

import (
	"math"
	"math/rand/v2"
	"time"
)

// RetryPolicy bounds every wait for the network, so that each fetch ends. Counts
// are consecutive failures of one record: a byte of progress sets them to zero.
//
// Whoever has answered before is waited for by time (GiveUpAfter), whoever has not by count.
type RetryPolicy struct {
	// HeadTimeout is how long a response's head may take, once the request's body is sent.
	HeadTimeout time.Duration
	// StallTimeout is how long a body may bring no byte before it is cut.
	StallTimeout time.Duration
	// BackOff is the first wait after a failure without progress, doubled with
	// each further one up to MaxBackOff; up to longBackOff times that when there has been
	// no progress for an hour. Half of each wait is random.
	BackOff    time.Duration
	MaxBackOff time.Duration
	// GiveUpAfter is the longest time without a byte of progress, measured by Stall.
	GiveUpAfter time.Duration
	// MaxUnreachable is how often a server that does not answer is tried again,
	// counted for the host: one record tries for all (hosts.go). See UnreachableTries.
	MaxUnreachable int
	// MaxFailures is how often a request is tried again that fails although its
	// server answers (see FailureTries). A cross-origin request that never had a response is
	// tried once more only: it most likely lacks CORS headers.
	MaxFailures int
	// MaxStatusRetries is how often 408, 425, 429 and 5xx are tried again (see
	// StatusTries), and MaxRetryAfter the longest Retry-After that is waited for (see
	// LongestRetryAfter).
	MaxStatusRetries int
	MaxRetryAfter    time.Duration
	// MaxRestarts is how often a response may start a record again from byte 0.
	MaxRestarts int
}

// NoCount is a count that nobody has set, NoTime a time.
const (
	NoCount = -1
	NoTime  = -time.Millisecond
)

const (
	// maxUnreachable, maxFailures, maxStatusRetries and maxRetryAfter stand for NoCount and
	// NoTime, for whoever has not answered before.
	maxUnreachable   = 9
	maxFailures      = 5
	maxStatusRetries = 8
	maxRetryAfter    = time.Hour
	// longBackOff times MaxBackOff is the longest wait after longTime without progress.
	longBackOff = 5
	longTime    = time.Hour
)

// UnreachableTries is how often a host that does not answer is tried again. answered: it
// has answered before.
func (p RetryPolicy) UnreachableTries(answered bool) int {
	return tries(p.MaxUnreachable, answered, maxUnreachable)
}

// FailureTries is how often a request is tried again that fails although its server answers.
// answered: there was a response before.
func (p RetryPolicy) FailureTries(answered bool) int {
	return tries(p.MaxFailures, answered, maxFailures)
}

// LongestRetryAfter is the longest Retry-After that is waited for. answered: there was another
// answer before.
func (p RetryPolicy) LongestRetryAfter(answered bool) time.Duration {
	switch {
	case p.MaxRetryAfter != NoTime:
		return p.MaxRetryAfter
	case answered:
		return p.GiveUpAfter
	}
	return maxRetryAfter
}

// StatusTries is how often a status is tried again that says "later". answered: there was
// another answer before.
func (p RetryPolicy) StatusTries(answered bool) int {
	return tries(p.MaxStatusRetries, answered, maxStatusRetries)
}

func tries(set int, answered bool, otherwise int) int {
	switch {
	case set != NoCount:
		return set
	case answered:
		return math.MaxInt
	}
	return otherwise
}

// slowestUpload is what a request body is given time for, bytes per second: how
// much of it has been sent nobody tells a script.
const slowestUpload = 8 << 10

// HeadTimeoutOf is how long a request may take until the head of its response is there.
func (p RetryPolicy) HeadTimeoutOf(request *Request) time.Duration {
	if request.Body == nil {
		return p.HeadTimeout
	}
	return p.HeadTimeout + time.Duration(request.Body.Size/slowestUpload)*time.Second
}

// RetryInit is the member retry of options: what a site wants otherwise. nil stands
// for the default, times are in ms.
type RetryInit struct {
	HeadTimeout      *int64 `json:"headTimeout,omitempty"`
	StallTimeout     *int64 `json:"stallTimeout,omitempty"`
	BackOff          *int64 `json:"backOff,omitempty"`
	MaxBackOff       *int64 `json:"maxBackOff,omitempty"`
	GiveUpAfter      *int64 `json:"giveUpAfter,omitempty"`
	MaxUnreachable   *int64 `json:"maxUnreachable,omitempty"`
	MaxFailures      *int64 `json:"maxFailures,omitempty"`
	MaxStatusRetries *int64 `json:"maxStatusRetries,omitempty"`
	MaxRetryAfter    *int64 `json:"maxRetryAfter,omitempty"`
	MaxRestarts      *int64 `json:"maxRestarts,omitempty"`
}

// maxRetryMember is the largest value of a member of RetryInit: 24 days, or a count.
const maxRetryMember = 1<<31 - 1

// Apply returns the policy p with what the site wants otherwise. The error names a
// member that is out of range.
func (init RetryInit) Apply(p RetryPolicy) (RetryPolicy, error) {
	for _, member := range []struct {
		name   string
		value  *int64
		time   *time.Duration // one of these is set
		count  *int
		lowest int64
	}{
		{"headTimeout", init.HeadTimeout, &p.HeadTimeout, nil, 1},
		{"stallTimeout", init.StallTimeout, &p.StallTimeout, nil, 1},
		{"backOff", init.BackOff, &p.BackOff, nil, 1},
		{"maxBackOff", init.MaxBackOff, &p.MaxBackOff, nil, 1},
		{"giveUpAfter", init.GiveUpAfter, &p.GiveUpAfter, nil, 0},
		{"maxRetryAfter", init.MaxRetryAfter, &p.MaxRetryAfter, nil, 0},
		{"maxUnreachable", init.MaxUnreachable, nil, &p.MaxUnreachable, 0},
		{"maxFailures", init.MaxFailures, nil, &p.MaxFailures, 0},
		{"maxStatusRetries", init.MaxStatusRetries, nil, &p.MaxStatusRetries, 0},
		{"maxRestarts", init.MaxRestarts, nil, &p.MaxRestarts, 0},
	} {
		switch {
		case member.value == nil:
		case *member.value < member.lowest || *member.value > maxRetryMember:
			return p, Errorf(TypeError, "retry.%s is out of range: %d", member.name, *member.value)
		case member.time != nil:
			*member.time = time.Duration(*member.value) * time.Millisecond
		default:
			*member.count = int(*member.value)
		}
	}
	return p, nil
}

// DefaultRetryPolicy is documented for users in docs/reliability.md.
var DefaultRetryPolicy = RetryPolicy{
	HeadTimeout:      60 * time.Second,
	StallTimeout:     30 * time.Second,
	BackOff:          time.Second,
	MaxBackOff:       time.Minute,
	GiveUpAfter:      7 * 24 * time.Hour,
	MaxUnreachable:   NoCount,
	MaxFailures:      NoCount,
	MaxStatusRetries: NoCount,
	MaxRetryAfter:    NoTime,
	MaxRestarts:      2,
}

// Wait is the wait before try n (from 1) after n failures.
func (p RetryPolicy) Wait(n int) time.Duration { return p.wait(n, p.MaxBackOff) }

func (p RetryPolicy) wait(n int, longest time.Duration) time.Duration {
	d := min(p.BackOff, longest)
	for range n - 1 {
		if d *= 2; d >= longest {
			d = longest
			break
		}
	}
	return d/2 + rand.N(d/2+1)
}

// PatientWait is Wait where there has been no progress for the time stalled: the last try
// is made when GiveUpAfter is over.
func (p RetryPolicy) PatientWait(n int, stalled time.Duration) time.Duration {
	longest := p.MaxBackOff
	if stalled >= longTime {
		longest *= longBackOff
	}
	// A clock that counts whole milliseconds may have lost one.
	return min(p.wait(n, longest), max(0, p.GiveUpAfter-stalled)+time.Millisecond)
}

// Soon is the wait before a broken transfer that made progress is continued:
// short, and not the same for all that broke together.
func (p RetryPolicy) Soon() time.Duration {
	return p.BackOff/20 + rand.N(p.BackOff/5+1)
}
