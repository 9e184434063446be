package bgfetchtest

import (
	"context"
	"encoding/json"
	"fmt"

	"background-fetch-wasm/wasm/bgfetch"
)

// Leave implements bgfetch.Store.
func (s *MemoryStore) Leave(ctx context.Context, uniqueID string, index int, record bgfetch.RecordState, remains *bgfetch.Remains) error {
	return s.write(ctx, func(data *memoryData) error {
		fetch := data.find(uniqueID)
		if fetch == nil {
			return fmt.Errorf("leave remains of %q: %w", uniqueID, bgfetch.ErrUnknown)
		}
		text, err := json.Marshal(remains)
		if err != nil {
			return err
		}
		if err := fetch.putRecord(index, record, nil); err != nil {
			return err
		}
		clear(fetch.records[index].segments)
		data.remains[remains.Place] = text
		return nil
	})
}

// Remains implements bgfetch.Store.
func (s *MemoryStore) Remains(ctx context.Context) ([]*bgfetch.Remains, error) {
	var all []*bgfetch.Remains
	err := s.transact(ctx, func(data *memoryData) error {
		all = make([]*bgfetch.Remains, 0, len(data.remains))
		for _, text := range data.remains {
			one := &bgfetch.Remains{}
			if err := json.Unmarshal(text, one); err != nil {
				return err
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// DeleteRemains implements bgfetch.Store.
func (s *MemoryStore) DeleteRemains(ctx context.Context, places ...bgfetch.Place) error {
	return s.write(ctx, func(data *memoryData) error {
		for _, place := range places {
			delete(data.remains, place)
		}
		return nil
	})
}
