package schedule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/schedule"
)

// world has a scheduler and notes which jobs it begins.
type world struct {
	*schedule.Scheduler
	begun []*work
	// later are the calls that it wants to be made.
	later []*call
}

type call struct {
	at   time.Time
	make func()
}

// work is a job and what it says of itself.
type work struct {
	*schedule.Job
	w            *world
	name         string
	firstContact bool
	continues    bool
	stopped      int
	// givenUp: its host was when it was begun last.
	givenUp bool
}

func (w *work) Start() {
	w.givenUp = w.w.GivenUp(w.Job)
	w.w.begun = append(w.w.begun, w)
}

func (w *work) FirstContact() bool { return w.firstContact }

func (w *work) Continues() bool { return w.continues }

// newWorld must be called in a bubble of synctest.
func newWorld(limits schedule.Limits) *world {
	w := &world{}
	w.Scheduler = schedule.New(limits, func(wait time.Duration, make func()) func() {
		one := &call{time.Now().Add(wait), make}
		w.later = append(w.later, one)
		return func() { w.drop(one) }
	})
	return w
}

func (w *world) drop(one *call) {
	w.later = slices.DeleteFunc(w.later, func(other *call) bool { return other == one })
}

// sleep lets time pass, in which the scheduler's calls are made.
func (w *world) sleep(d time.Duration) {
	for end := time.Now().Add(d); ; {
		var next *call
		for _, one := range w.later {
			if !one.at.After(end) && (next == nil || one.at.Before(next.at)) {
				next = one
			}
		}
		if next == nil {
			time.Sleep(time.Until(end))
			return
		}
		time.Sleep(time.Until(next.at))
		w.drop(next)
		next.make()
	}
}

func (w *world) job(g *schedule.Group, name, host string) *work {
	one := &work{w: w, name: name, continues: true}
	one.Job = schedule.NewJob(g, host, one)
	return one
}

// enqueue makes n jobs of the group wait, all for the same host.
func (w *world) enqueue(g *schedule.Group, n int, name, host string) []*work {
	var all []*work
	var jobs []*schedule.Job
	for i := range n {
		one := w.job(g, fmt.Sprintf("%s%d", name, i), host)
		all, jobs = append(all, one), append(jobs, one.Job)
	}
	w.Enqueue(g, jobs...)
	return all
}

func (w *world) names() []string {
	names := []string{}
	for _, one := range w.begun {
		names = append(names, one.name)
	}
	return names
}

// endAll ends what was begun, the first first, until nothing is under way.
func (w *world) endAll() {
	for i := 0; i < len(w.begun); i++ {
		w.End(w.begun[i].Job, false, false)
	}
}

const (
	high = iota
	normal
	low
)

var (
	policy = bgfetch.RetryPolicy{BackOff: time.Second, MaxBackOff: time.Minute, GiveUpAfter: 24 * time.Hour, MaxUnreachable: 3}
	few    = schedule.Limits{Total: 2, PerHost: 2, Ranks: 3}
)

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("begun: %v, want %v", got, want)
	}
}
