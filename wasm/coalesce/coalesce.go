// Package coalesce tells of many changes in few calls.
package coalesce

import (
	"context"
	"sync"
	"time"
)

// Set is a set of things that have changed, of which is told later, of all together.
type Set[T comparable] struct {
	wake chan struct{} // holds one

	mu    sync.Mutex
	dirty map[T]struct{}
}

// New makes an empty set.
func New[T comparable]() *Set[T] {
	return &Set[T]{wake: make(chan struct{}, 1), dirty: map[T]struct{}{}}
}

// Touch adds a thing. It does not wait.
func (s *Set[T]) Touch(thing T) {
	s.mu.Lock()
	s.dirty[thing] = struct{}{}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Drop takes a thing out.
func (s *Set[T]) Drop(thing T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.dirty, thing)
}

// Take takes all things out.
func (s *Set[T]) Take() map[T]struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.dirty
	s.dirty = map[T]struct{}{}
	select {
	case <-s.wake: // it was for these
	default:
	}
	return taken
}

// Run calls tell when a thing was added, after the time before, and no sooner again than
// after the time between. It returns when ctx has ended.
func (s *Set[T]) Run(ctx context.Context, before, between time.Duration, tell func()) {
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		if !sleep(ctx, before) {
			return
		}
		tell()
		if !sleep(ctx, between) {
			return
		}
	}
}

// sleep says whether ctx has not ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
