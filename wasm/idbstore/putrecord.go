//go:build js && wasm

package idbstore

import (
	"context"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// recordPut is one call of PutRecord.
type recordPut struct {
	uniqueID string
	index    int
	record   bgfetch.RecordState
	added    []bgfetch.Segment
	done     chan error // has room for the outcome
	begun    time.Time  // when its transaction did, of the last in it
}

var recordPutStores = []string{fetchesStore, recordsStore, segmentsStore}

// PutRecord implements bgfetch.Store. An added segment takes the place of one
// with the same offset. Generations only grow. The error is bgfetch.ErrUnknown
// if the background fetch is not there.
//
// Records that are put while a transaction is under way share the next one: most
// of a transaction's time is waiting (docs/decisions/segments.md).
func (s *Store) PutRecord(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, added ...bgfetch.Segment) error {
	if err := ctx.Err(); err != nil {
		return wrap(err, "put record %d of %q", index, uniqueID)
	}
	p := &recordPut{uniqueID: uniqueID, index: index, record: record, added: added, done: make(chan error, 1)}
	s.waiting = append(s.waiting, p)
	if !s.putting {
		s.putting = true
		go s.putRecords()
	}
	return wrap(<-p.done, "put record %d of %q", index, uniqueID)
}

// gatherTime is the least time from the beginning of one transaction to that of the
// next, where that is for other records: many small ones then share few transactions.
const gatherTime = 20 * time.Millisecond

// putRecords puts what waits until nothing does.
func (s *Store) putRecords() {
	for len(s.waiting) > 0 {
		if next := s.waiting[0]; s.lastPut != nil && (next.uniqueID != s.lastPut.uniqueID || next.index != s.lastPut.index) {
			time.Sleep(time.Until(s.lastPut.begun.Add(gatherTime)))
		}
		puts := s.waiting
		s.waiting = nil
		s.lastPut = puts[len(puts)-1]
		s.lastPut.begun = time.Now()
		if len(puts) > 1 && s.putTogether(puts) == nil {
			for _, p := range puts {
				p.done <- nil
			}
			continue
		}
		// The error of one must not be that of the others.
		for _, p := range puts {
			p.done <- s.transactOn(context.Background(), p.uniqueID, recordPutStores, p.put)
		}
	}
	s.putting = false
}

// putTogether puts records in one transaction. When it returns an error, none is.
func (s *Store) putTogether(puts []*recordPut) error {
	return s.transact(context.Background(), recordPutStores, func(t *transaction) error {
		for _, p := range puts {
			if !s.known[p.uniqueID] {
				return bgfetch.ErrUnknown
			}
			if err := p.put(t); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *recordPut) put(t *transaction) error {
	if err := t.put(recordsStore, key(p.uniqueID, p.index), recordRow{p.uniqueID, p.index, p.record}); err != nil {
		return err
	}
	generation := p.record.Response.Generation
	if err := t.dropGenerationsBefore(p.uniqueID, p.index, generation); err != nil {
		return err
	}
	for _, segment := range p.added {
		row := segmentRow{
			UniqueID:   p.uniqueID,
			SegmentKey: bgfetch.SegmentKey{Index: p.index, Generation: generation, Offset: segment.Offset, Nonce: segment.Nonce},
			Length:     segment.Length,
		}
		if err := t.put(segmentsStore, row.key(), row); err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) dropGenerationsBefore(uniqueID string, index, generation int) error {
	if generation == 0 {
		return nil
	}
	old, err := between(key(uniqueID, index), key(uniqueID, index, generation))
	if err != nil {
		return err
	}
	return t.deleteRange(segmentsStore, old)
}
