package bgfetchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"background-fetch-wasm/wasm/bgfetch"
)

// ErrKilled is what every method of a killed MemoryStore returns.
var ErrKilled = errors.New("the store was killed")

// MemoryStore is a bgfetch.Store in memory. Like the real one it keeps JSON
// text, of all but the log, and nothing it returns is shared with the caller.
//
// It can be killed as a worker is: between two writes (KillAfter), or after a
// write was stored but before its caller heard of it (KillInside). Reopen then
// gives what the next worker finds.
type MemoryStore struct {
	data *memoryData

	mu sync.Mutex
	// left is the number of writes until death, -1 for none.
	left    int
	unheard bool
	dead    bool
	killed  chan struct{}
}

var _ bgfetch.Store = (*MemoryStore)(nil)

// memoryData is what survives a MemoryStore.
type memoryData struct {
	mu      sync.Mutex
	fetches []*memoryFetch // in order of creation
	remains map[bgfetch.Place][]byte
	history rows[json.RawMessage]
	log     rows[bgfetch.LogRun]
	writes  int
}

type memoryFetch struct {
	uniqueID string
	state    []byte
	requests []byte
	records  map[int]*memoryRecord
}

type memoryRecord struct {
	state      []byte
	generation int
	segments   map[int64]bgfetch.Segment // by offset
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return openMemory(&memoryData{remains: map[bgfetch.Place][]byte{}})
}

func openMemory(data *memoryData) *MemoryStore {
	return &MemoryStore{data: data, left: -1, killed: make(chan struct{})}
}

// Reopen kills this store and returns a live one with everything that was
// written.
func (s *MemoryStore) Reopen() *MemoryStore {
	s.Kill()
	return openMemory(s.data)
}

// Kill kills the store: from now on every method returns ErrKilled.
func (s *MemoryStore) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.die()
}

// KillAfter lets n more writes succeed and then kills the store. With 0 it is
// dead at once. Methods that fail for another reason are not counted.
func (s *MemoryStore) KillAfter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.unheard = n, false
	if n == 0 {
		s.die()
	}
}

// KillInside kills the store inside the n-th write from now (n > 0): what is
// written is stored, but the method returns ErrKilled.
func (s *MemoryStore) KillInside(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.unheard = n, true
}

// Killed is closed when the store dies.
func (s *MemoryStore) Killed() <-chan struct{} { return s.killed }

// Writes returns how many writes were stored, by this store and those before it.
func (s *MemoryStore) Writes() int {
	s.data.mu.Lock()
	defer s.data.mu.Unlock()
	return s.data.writes
}

func (s *MemoryStore) die() {
	if !s.dead {
		s.dead = true
		close(s.killed)
	}
}

// Load implements bgfetch.Store.
func (s *MemoryStore) Load(ctx context.Context) ([]bgfetch.Stored, error) {
	var all []bgfetch.Stored
	err := s.transact(ctx, func(data *memoryData) error {
		all = make([]bgfetch.Stored, 0, len(data.fetches))
		for _, fetch := range data.fetches {
			stored, err := fetch.load()
			if err != nil {
				return fmt.Errorf("load %q: %w", fetch.uniqueID, err)
			}
			all = append(all, stored)
		}
		return nil
	})
	return all, err
}

// Create implements bgfetch.Store.
func (s *MemoryStore) Create(ctx context.Context, state bgfetch.FetchState, requests []bgfetch.Request, begun ...bgfetch.Begun) error {
	return s.write(ctx, func(data *memoryData) error {
		if data.find(state.UniqueID) != nil {
			return fmt.Errorf("create %q: it is there already", state.UniqueID)
		}
		stateText, err := json.Marshal(state)
		if err != nil {
			return err
		}
		requestsText, err := json.Marshal(requests)
		if err != nil {
			return err
		}
		fetch := &memoryFetch{
			uniqueID: state.UniqueID,
			state:    stateText,
			requests: requestsText,
			records:  map[int]*memoryRecord{},
		}
		for _, one := range begun {
			if err := fetch.putRecord(one.Index, one.State, one.State.Response.Segments); err != nil {
				return err
			}
		}
		for _, one := range begun {
			delete(data.remains, one.State.Place)
		}
		data.fetches = append(data.fetches, fetch)
		return nil
	})
}

// PutStates implements bgfetch.Store.
func (s *MemoryStore) PutStates(ctx context.Context, states ...bgfetch.FetchState) error {
	return s.write(ctx, func(data *memoryData) error {
		for _, state := range states {
			if data.find(state.UniqueID) == nil {
				return fmt.Errorf("put state of %q: %w", state.UniqueID, bgfetch.ErrUnknown)
			}
		}
		for _, state := range states {
			if err := data.putState(state); err != nil {
				return err
			}
		}
		return nil
	})
}

// Keep implements bgfetch.Store.
func (s *MemoryStore) Keep(ctx context.Context, state bgfetch.FetchState, ended bgfetch.Ended) error {
	return s.write(ctx, func(data *memoryData) error {
		if err := data.putState(state); err != nil {
			return err
		}
		return data.addEnded(ended)
	})
}

func (d *memoryData) putState(state bgfetch.FetchState) error {
	fetch := d.find(state.UniqueID)
	if fetch == nil {
		return fmt.Errorf("put state of %q: %w", state.UniqueID, bgfetch.ErrUnknown)
	}
	text, err := json.Marshal(state)
	if err != nil {
		return err
	}
	fetch.state = text
	return nil
}

func (d *memoryData) addEnded(ended bgfetch.Ended) error {
	ended.Number = d.history.next()
	text, err := json.Marshal(ended)
	if err != nil {
		return err
	}
	d.history.put(ended.Number, text, bgfetch.MaxHistory)
	return nil
}

// PutRequests implements bgfetch.Store.
func (s *MemoryStore) PutRequests(ctx context.Context, uniqueID string, requests []bgfetch.Request) error {
	return s.write(ctx, func(data *memoryData) error {
		fetch := data.find(uniqueID)
		if fetch == nil {
			return fmt.Errorf("put requests of %q: %w", uniqueID, bgfetch.ErrUnknown)
		}
		text, err := json.Marshal(requests)
		if err != nil {
			return err
		}
		fetch.requests = text
		return nil
	})
}

// PutRecord implements bgfetch.Store.
func (s *MemoryStore) PutRecord(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, added ...bgfetch.Segment) error {
	return s.write(ctx, func(data *memoryData) error {
		fetch := data.find(uniqueID)
		if fetch == nil {
			return fmt.Errorf("put record of %q: %w", uniqueID, bgfetch.ErrUnknown)
		}
		return fetch.putRecord(index, record, added)
	})
}

func (f *memoryFetch) putRecord(index int, record bgfetch.RecordState, added []bgfetch.Segment) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	row := f.records[index]
	if row == nil {
		row = &memoryRecord{segments: map[int64]bgfetch.Segment{}}
		f.records[index] = row
	}
	if row.generation != record.Response.Generation {
		row.generation = record.Response.Generation
		clear(row.segments)
	}
	row.state = text
	for _, segment := range added {
		row.segments[segment.Offset] = segment
	}
	return nil
}

// DropSegments implements bgfetch.Store.
func (s *MemoryStore) DropSegments(ctx context.Context, uniqueID string, index, generation int, lost []bgfetch.Segment) error {
	return s.write(ctx, func(data *memoryData) error {
		fetch := data.find(uniqueID)
		if fetch == nil || fetch.records[index] == nil || fetch.records[index].generation != generation {
			return nil
		}
		for _, segment := range lost {
			if fetch.records[index].segments[segment.Offset] == segment {
				delete(fetch.records[index].segments, segment.Offset)
			}
		}
		return nil
	})
}

// Delete implements bgfetch.Store.
func (s *MemoryStore) Delete(ctx context.Context, uniqueID string, ended *bgfetch.Ended) error {
	return s.write(ctx, func(data *memoryData) error {
		if ended != nil && data.find(uniqueID) != nil {
			if err := data.addEnded(*ended); err != nil {
				return err
			}
		}
		data.fetches = slices.DeleteFunc(data.fetches, func(fetch *memoryFetch) bool {
			return fetch.uniqueID == uniqueID
		})
		return nil
	})
}

// write runs a transaction, which changes nothing when it returns an error.
func (s *MemoryStore) write(ctx context.Context, transaction func(*memoryData) error) error {
	return s.transact(ctx, func(data *memoryData) error {
		if err := transaction(data); err != nil {
			return err
		}
		data.writes++
		if s.left < 0 {
			return nil
		}
		s.left--
		if s.left > 0 {
			return nil
		}
		s.die()
		if s.unheard {
			return ErrKilled
		}
		return nil
	})
}

func (s *MemoryStore) usable(ctx context.Context) error {
	if s.dead {
		return ErrKilled
	}
	return ctx.Err()
}

func (d *memoryData) find(uniqueID string) *memoryFetch {
	for _, fetch := range d.fetches {
		if fetch.uniqueID == uniqueID {
			return fetch
		}
	}
	return nil
}

func (f *memoryFetch) load() (bgfetch.Stored, error) {
	var stored bgfetch.Stored
	if err := json.Unmarshal(f.state, &stored.State); err != nil {
		return stored, err
	}
	if err := json.Unmarshal(f.requests, &stored.Requests); err != nil {
		return stored, err
	}
	stored.Records = make([]bgfetch.RecordState, len(stored.Requests))
	for index := range stored.Records {
		record := &stored.Records[index]
		row := f.records[index]
		if row == nil {
			record.Response.Length = -1
			continue
		}
		if err := json.Unmarshal(row.state, record); err != nil {
			return stored, err
		}
		for _, segment := range row.segments {
			record.Response.Segments = append(record.Response.Segments, segment)
		}
		slices.SortFunc(record.Response.Segments, func(a, b bgfetch.Segment) int {
			return cmp.Compare(a.Offset, b.Offset)
		})
	}
	return stored, nil
}
