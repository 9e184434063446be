// Package unique stands in for unique where the program is built for the browser: only the
// zones of IPv6 addresses are made unique, and no URL has one. Left out is that the garbage
// collector forgets what is used no more.
package unique

import "sync"

// Handle is equal to another one if their values are.
type Handle[T comparable] struct{ value *T }

// Value returns what the handle was made of.
func (h Handle[T]) Value() T { return *h.value }

var (
	mu      sync.Mutex
	handles = map[any]any{}
)

// Make returns the handle of a value.
func Make[T comparable](value T) Handle[T] {
	mu.Lock()
	defer mu.Unlock()
	if made, is := handles[value]; is {
		return made.(Handle[T])
	}
	made := Handle[T]{&value}
	handles[value] = made
	return made
}
