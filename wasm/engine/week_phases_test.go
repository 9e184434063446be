package engine_test

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
	"time"
)

const week = 7 * 24 * time.Hour

// weekPhase is a stretch of a week in which something is in the way.
type weekPhase struct {
	kind string
	// from and to are counted from the begin of the week.
	from, to time.Duration
	// cuts: transfers that are under way break off at its begin.
	cuts bool
	// changes: at its end the browser is on another network.
	changes bool
	// status and retryAfter are what the server answers in a deploy. A retryAfter that ends in
	// "date" is sent as one.
	status     int
	retryAfter string
}

func (p weekPhase) String() string {
	text := fmt.Sprintf("%v to %v: %s", p.from, p.to, p.kind)
	if p.status > 0 {
		text += fmt.Sprintf(" %d, Retry-After %q, cuts %v", p.status, p.retryAfter, p.cuts)
	}
	return text
}

// The kinds of phases, and for how many minutes they last. "tunnel": no request gets an answer, and
// the browser says that it is online. "silent": the same, and nothing says so: requests and bodies
// wait. "offline": the browser knows. "portal tls": a captive portal that no certificate fits.
// "portal redirect": one that sends all to a page of its own, which CORS forbids. "portal page": a
// gateway that answers with its page for a login. "portal 511": one that says so. "deploy": 502,
// 503 or 504.
var weekKinds = []struct {
	kind        string
	share       int
	least, most int
}{
	{"tunnel", 38, 1, 20},
	{"silent", 15, 1, 12},
	{"offline", 12, 2, 60},
	{"portal tls", 7, 5, 40},
	{"portal redirect", 5, 5, 40},
	{"portal page", 5, 5, 40},
	{"portal 511", 3, 5, 40},
	{"deploy", 15, 10, 45},
}

// weekPhases are those of one week, in order.
func weekPhases(r *rand.Rand) []weekPhase {
	var phases []weekPhase
	for at := minutes(r, 2, 120); at < week; at += minutes(r, 2, 150) {
		drawn := r.IntN(100)
		kind := weekKinds[0]
		for _, kind = range weekKinds {
			if drawn -= kind.share; drawn < 0 {
				break
			}
		}
		p := weekPhase{kind: kind.kind, from: at, to: at + minutes(r, kind.least, kind.most), cuts: true, changes: chance(r, 50)}
		if p.kind == "deploy" {
			p.cuts = chance(r, 60)
			p.status = one(r, 502, 503, 503, 504)
			p.retryAfter = one(r, "", "", "", "30", "120", "600", "600 date", "3600", "7200")
			if chance(r, 2) {
				p.retryAfter = "86400"
			}
		}
		phases = append(phases, p)
		at = p.to
	}
	return phases
}

// minutes is a time of least to most minutes.
func minutes(r *rand.Rand, least, most int) time.Duration {
	return time.Duration(least*60+r.IntN((most-least)*60+1)) * time.Second
}

// header is the Retry-After header field that the server sends at that time.
func (p weekPhase) header(now time.Time) string {
	seconds, isDate := strings.CutSuffix(p.retryAfter, " date")
	if !isDate {
		return p.retryAfter
	}
	n, _ := strconv.Atoi(seconds)
	return now.Add(time.Duration(n) * time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
}

// phaseAt is the phase at a time, nil for none.
func (w *weekLife) phaseAt(at time.Duration) *weekPhase {
	i := sort.Search(len(w.phases), func(i int) bool { return w.phases[i].to > at })
	if i < len(w.phases) && w.phases[i].from <= at {
		return &w.phases[i]
	}
	return nil
}

// nextCut is the first phase that begins after a time and breaks off what is under way, nil for none.
func (w *weekLife) nextCut(after time.Duration) *weekPhase {
	i := sort.Search(len(w.phases), func(i int) bool { return w.phases[i].from > after })
	for ; i < len(w.phases); i++ {
		if w.phases[i].cuts {
			return &w.phases[i]
		}
	}
	return nil
}

// firstMinutes are those in which it does not die. On a real link something is stored within
// seconds, which says that the server has answered; here the first segment takes minutes.
const firstMinutes = 10 * time.Minute

// weekDeath is a death of the worker.
type weekDeath struct {
	at time.Duration
	// how it dies, and after how many more writes or puts.
	how string
	n   int
	// for that long it stays dead.
	stays time.Duration
}

func weekDeaths(r *rand.Rand, count int) []weekDeath {
	deaths := make([]weekDeath, count)
	for i := range deaths {
		d := &deaths[i]
		d.at = firstMinutes + time.Duration(r.Int64N(int64(week-firstMinutes)))
		d.how = one(r, "now", "now", "now", "before a write", "inside a write", "after a put")
		d.n = 1 + r.IntN(20)
		switch drawn := r.IntN(100); {
		case drawn < 75:
			d.stays = time.Duration(r.IntN(120_000)) * time.Millisecond
		case drawn < 97:
			d.stays = minutes(r, 2, 30)
		default: // a night
			d.stays = minutes(r, 240, 480)
		}
	}
	sort.Slice(deaths, func(i, j int) bool { return deaths[i].at < deaths[j].at })
	return deaths
}
