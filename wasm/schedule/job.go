package schedule

import (
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Group is what belongs together and has its turns in common: the jobs of one background
// fetch. All its fields are guarded by the lock under which the scheduler is called.
type Group struct {
	// Retry says how often a host that does not answer is tried again.
	Retry bgfetch.RetryPolicy
	// Created is when its background fetch was made: it has waited for nobody before.
	Created time.Time

	rank  int
	limit limiter
	held  bool
	// queue holds the jobs that wait for a place, or, while the group is held, for its end.
	queue []*Job
}

// NewGroup makes a group with that rank, 0 for the first, and that limit in bytes per
// second, 0 for none.
func NewGroup(rank int, rate int64, retry bgfetch.RetryPolicy) *Group {
	return &Group{Retry: retry, rank: rank, limit: limiter{rate: rate}}
}

// Queued says whether one of its jobs waits for a place.
func (g *Group) Queued() bool { return len(g.queue) > 0 && !g.held }

// Work is what is done for a job, as the scheduler sees it.
type Work interface {
	// Start begins it, and does not wait. Scheduler.End tells that it has ended.
	Start()
	// FirstContact says that nothing has ever come from its host, which is not the site's
	// own.
	FirstContact() bool
	// Continues says that it can be stopped and goes on later where it was.
	Continues() bool
}

// State is what a job has of the scheduler.
type State int

const (
	// Idle: neither a place, nor does it wait for one.
	Idle State = iota
	// Queued: it waits for a place.
	Queued
	// Running: it has a place.
	Running
	// RunningInTurn: it was begun in its turn before others of a higher priority, and none
	// takes its place.
	RunningInTurn
	// Yielding: it is about to give its place to one of a higher priority.
	Yielding
	// Released: it is not over, but asks for nothing more. Its place is another's.
	Released
)

// Job is something that needs a place: a record of a background fetch.
type Job struct {
	group *Group
	host  string
	work  Work
	state State
	// stop breaks the work off; nil where it may not be broken off.
	stop func()
	// reserved is how many bytes it may still bring that were counted before they came.
	reserved int64
}

// NewJob makes a job of the group that asks the host, an origin.
func NewJob(group *Group, host string, work Work) *Job {
	return &Job{group: group, host: host, work: work}
}

// SetHost makes it ask another origin from now on, unless it has a place.
func (j *Job) SetHost(host string) {
	if j.state == Idle || j.state == Queued {
		j.host = host
	}
}

// Host is the origin that it asks.
func (j *Job) Host() string { return j.host }

// State is what it has of the scheduler now.
func (j *Job) State() State { return j.state }

// Interrupted says that its work is to stop for now: it is held, or gives its place away.
func (j *Job) Interrupted() bool { return j.group.held || j.state == Yielding }

// hasPlace says whether it counts as running.
func (j *Job) hasPlace() bool {
	return j.state == Running || j.state == RunningInTurn || j.state == Yielding
}

// interrupt breaks its work off, where that may be.
func (j *Job) interrupt() {
	if j.stop != nil {
		j.stop()
	}
}

// ClosedUntil is when the host of the first waiting job may be tried again; zero where it
// may be now.
func (s *Scheduler) ClosedUntil(g *Group) time.Time {
	if !g.Queued() {
		return time.Time{}
	}
	if h := s.hosts[g.queue[0].host]; h != nil && h.closed {
		return h.until
	}
	return time.Time{}
}
