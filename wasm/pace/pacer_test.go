package pace

import (
	"testing"
	"time"
)

const mib = 1 << 20

// link is a network in a simulation of a download.
type link struct {
	// rate is what n connections bring together, in bytes per second, a time after the begin.
	rate func(n int, at time.Duration) float64
	// latency is the time between a request and the first byte.
	latency time.Duration
	// readAhead: the browser has the whole of a part long before it is read.
	readAhead bool
}

// lane is a part in it.
type lane struct {
	name           int64
	left           float64
	begun          time.Time
	since, flows   time.Time
	segment        float64
	additional     bool
	segmentStarted time.Time
}

// outcome is what a download came to.
type outcome struct {
	took             time.Duration
	most, additional int
	unproved         int64 // that additional parts brought before they had proved to be a gain
}

// download simulates a body of that length as an attempt moves it: what the first part has left is
// cut from its end.
func download(p *Pacer, length int64, l link) (o outcome) {
	begun := time.Unix(0, 0)
	now := begun
	first := &lane{left: float64(length), since: now, flows: now, segmentStarted: now}
	lanes := []*lane{first}
	p.Running(now, []int64{0})
	const tick = 5 * time.Millisecond
	for len(lanes) > 0 && now.Sub(begun) < time.Hour {
		now = now.Add(tick)
		flowing := 0
		for _, one := range lanes {
			if !now.Before(one.flows) {
				flowing++
			}
		}
		var going []*lane
		for _, one := range lanes {
			if now.Before(one.flows) {
				going = append(going, one)
				continue
			}
			bytes := min(one.left, l.rate(flowing, now.Sub(begun))/float64(flowing)*tick.Seconds())
			one.left -= bytes
			one.segment += bytes
			minTime := 100 * time.Millisecond
			if minTime *= time.Duration(len(lanes)); p.Measuring() {
				minTime = 33 * time.Millisecond
			}
			if age := now.Sub(one.segmentStarted); one.left <= 0 || (one.segment >= 256<<10 && age >= minTime) || age > 2*time.Second {
				p.Segment(Segment{Part: one.name, From: one.since, To: now, Length: int64(one.segment)})
				one.since, one.segment, one.segmentStarted = now, 0, now
			}
			if one.left > 0 {
				going = append(going, one)
			} else if one.additional {
				read := now.Sub(one.begun)
				received := l.latency + (read-l.latency)*9/10
				if l.readAhead {
					received = l.latency + (read-l.latency)/10
				}
				p.Received(now, received, read, l.latency)
			}
		}
		for lanes = going; len(lanes) > 0 && lanes[0] == first && len(lanes) < p.Wants(); {
			bytes := p.Next(now, int64(first.left))
			if bytes == 0 {
				break
			}
			p.Begun(bytes)
			first.left -= float64(bytes)
			o.additional++
			flows := now.Add(l.latency)
			lanes = append(lanes, &lane{name: int64(o.additional), left: float64(bytes), begun: now, since: flows, flows: flows, segmentStarted: flows, additional: true})
			if !p.proved {
				o.unproved += bytes
			}
		}
		o.most = max(o.most, len(lanes))
		var flow []int64
		for _, one := range lanes {
			if !now.Before(one.flows) {
				flow = append(flow, one.name)
			}
		}
		p.Running(now, flow)
	}
	o.took = now.Sub(begun)
	return o
}

func perConnection(rate float64) func(int, time.Duration) float64 {
	return func(n int, _ time.Duration) float64 { return rate * float64(n) }
}

func shared(rate float64) func(int, time.Duration) float64 {
	return func(int, time.Duration) float64 { return rate }
}

// TestPacer: how much faster a body comes than by one connection, and what that costs.
func TestPacer(t *testing.T) {
	for name, test := range map[string]struct {
		length int64
		link   link
		// faster is how many times at least, parts how many at most.
		faster float64
		parts  int
	}{
		"each connection is limited, 64 MiB":  {64 * mib, link{rate: perConnection(8 * mib)}, 2.5, 5},
		"each connection is limited, 256 MiB": {256 * mib, link{rate: perConnection(8 * mib)}, 4, 5},
		"far away, with loss":                 {64 * mib, link{rate: perConnection(2 * mib), latency: 100 * time.Millisecond}, 3, 5},
		"each connection is limited, slow":    {64 * mib, link{rate: perConnection(mib / 10)}, 4, 5},
		"the link is":                         {256 * mib, link{rate: shared(8 * mib)}, 0.99, 2},
		"the link is, 64 MiB":                 {64 * mib, link{rate: shared(8 * mib)}, 0.99, 2},
		"the link is, fast":                   {1024 * mib, link{rate: shared(100 * mib)}, 0.99, 2},
		"the link is, far away":               {64 * mib, link{rate: shared(2 * mib), latency: 100 * time.Millisecond}, 0.97, 2},
		"the link is, very far away":          {64 * mib, link{rate: shared(2 * mib), latency: time.Second}, 0.97, 2},
		"far away, each is limited":           {64 * mib, link{rate: perConnection(2 * mib), latency: 500 * time.Millisecond}, 2, 5},
		"reading takes the time, far away":    {256 * mib, link{rate: perConnection(8 * mib), latency: 500 * time.Millisecond, readAhead: true}, 0.99, 2},
		"the link is, a little above":         {256 * mib, link{rate: func(n int, _ time.Duration) float64 { return min(8*mib*float64(n), 9*mib) }}, 0.99, 2},
		"the link is, three times of one":     {256 * mib, link{rate: func(n int, _ time.Duration) float64 { return min(8*mib*float64(n), 24*mib) }}, 2.5, 5},
		"more connections make it even worse": {256 * mib, link{rate: func(n int, _ time.Duration) float64 { return 8 * mib / float64(n) }}, 0.9, 2},
		"it begins slowly, and is shared": {256 * mib, link{rate: func(_ int, at time.Duration) float64 {
			return 8 * mib * min(1, 0.05+at.Seconds()/1.5)
		}}, 0.99, 2},
		"reading takes the time, and it seems a gain": {256 * mib, link{rate: perConnection(8 * mib), readAhead: true}, 1, 2},
		"soon there": {24 * mib, link{rate: perConnection(20 * mib)}, 0.99, 1},
		"others come and go": {512 * mib, link{rate: func(n int, at time.Duration) float64 {
			if at.Seconds() > 5 {
				return min(4*mib*float64(n), 6*mib)
			}
			return 4 * mib * float64(n)
		}}, 1.5, 5},
	} {
		t.Run(name, func(t *testing.T) {
			policy := DefaultPolicy
			one := download(New(OneRange, test.length, 1), test.length, test.link)
			several := download(New(policy, test.length, 5), test.length, test.link)
			faster := one.took.Seconds() / several.took.Seconds()
			t.Logf("%.2f times as fast, %v, %d parts, %d additional requests, %d bytes without proof", faster, several.took, several.most, several.additional, several.unproved)
			if faster < test.faster || several.most > test.parts {
				t.Errorf("want %.2f times, and at most %d parts", test.faster, test.parts)
			}
			if most := max(mib, test.length/50); several.unproved > most {
				t.Errorf("%d bytes without proof, want at most %d", several.unproved, most)
			}
		})
	}
}

// TestAgain: what was too much is tried again after twice the time, and what brought nothing uses up
// nothing.
func TestAgain(t *testing.T) {
	p := New(DefaultPolicy, 64*mib, 5)
	now := time.Unix(0, 0)
	for want := DefaultPolicy.Again; want < 10*DefaultPolicy.Again; want *= 2 {
		for range 4 { // refused together
			if p.Limit(now, 1); p.notBefore.Sub(now) != want {
				t.Errorf("it is tried again after %v, want %v", p.notBefore.Sub(now), want)
			}
		}
		now = p.notBefore
	}
	for range 100 {
		now = now.Add(longestAgain)
		if p.Limit(now, 1); p.notBefore.Sub(now) > longestAgain || !p.notBefore.After(now) {
			t.Fatalf("it is tried again after %v", p.notBefore.Sub(now))
		}
	}
	p.perPart = mib
	for range 100 {
		next := p.Next(now, 32*mib)
		if next == 0 {
			t.Fatal("none is worth it")
		}
		p.Begun(next)
		p.BroughtNothing(next)
	}
}

// TestProbesEnd: additional parts that cannot be judged, whatever the reason, are no more than a few
// in a row, and small; of a gap that nobody works on, too.
func TestProbesEnd(t *testing.T) {
	for name, next := range map[string]func(*Pacer) int64{
		"of the first response": func(p *Pacer) int64 { return p.Next(time.Unix(0, 0), 8<<30) },
		"of a gap":              func(p *Pacer) int64 { return p.Piece(time.Unix(0, 0), 8<<30) },
	} {
		t.Run(name, func(t *testing.T) {
			p := New(DefaultPolicy, 16<<30, 5)
			p.perPart, p.target = 30<<10, 2
			for n := 0; p.Wants() > 1; n++ {
				bytes := next(p)
				if n > mostProbes || bytes > DefaultPolicy.MinPart {
					t.Fatalf("part %d, of %d bytes", n, bytes)
				}
				if bytes > 0 {
					p.Begun(bytes)
				}
			}
			if bytes := p.Piece(time.Unix(0, 0), DefaultPolicy.MinPart); bytes != DefaultPolicy.MinPart {
				t.Errorf("%d bytes of a small gap, want all of it", bytes)
			}
		})
	}
}

// TestPartsOfASlowLink: requests cost time, and bytes where seams are compared.
func TestPartsOfASlowLink(t *testing.T) {
	const length = 256 * mib
	several := download(New(DefaultPolicy, length, 5), length, link{rate: perConnection(30 << 10)})
	if most := int(length/DefaultPolicy.PartLength) + 2*mostProbes; several.additional > most {
		t.Errorf("%d additional requests, want at most %d", several.additional, most)
	}
}
