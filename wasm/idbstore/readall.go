//go:build js && wasm

package idbstore

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/hack-pad/safejs"
)

// readAll reads object stores in one transaction. It returns a JSON array for
// each, sorted by key.
//
// This goes past the library, which has no getAll: its Get takes an event for
// each row.
func (s *Store) readAll(ctx context.Context, stores ...string) ([][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	txn, err := s.raw.Call("transaction", texts(stores), "readonly")
	if err != nil {
		return nil, err
	}
	ended, release, err := listen(txn, "complete", "abort")
	if err != nil {
		return nil, err
	}
	defer release()

	requests := make([]safejs.Value, len(stores))
	for i, name := range stores {
		store, err := txn.Call("objectStore", name)
		if err != nil {
			return nil, err
		}
		if requests[i], err = store.Call("getAll"); err != nil {
			return nil, err
		}
	}
	select {
	case event := <-ended:
		if event == "abort" {
			return nil, failure(txn)
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}

	tables := make([][]byte, len(stores))
	for i, request := range requests {
		if tables[i], err = join(request); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

// join makes one JSON array of the JSON texts that a request resulted in.
func join(request safejs.Value) ([]byte, error) {
	rows, err := request.Get("result")
	if err != nil {
		return nil, err
	}
	joined, err := rows.Call("join", ",")
	if err != nil {
		return nil, err
	}
	text, err := joined.String()
	return []byte("[" + text + "]"), err
}

// listen sends the type of the first of the events to the channel. Call release
// when done.
func listen(target safejs.Value, events ...string) (<-chan string, func(), error) {
	happened := make(chan string, 1)
	listener, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		event, _ := args[0].Get("type")
		name, _ := event.String()
		select {
		case happened <- name:
		default:
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	release := func() {
		for _, event := range events {
			_, _ = target.Call("removeEventListener", event, listener)
		}
		listener.Release()
	}
	for _, event := range events {
		if _, err := target.Call("addEventListener", event, listener); err != nil {
			release()
			return nil, nil, err
		}
	}
	return happened, release, nil
}

// failure is why a transaction was aborted, or a request has failed.
func failure(of safejs.Value) error {
	reason, err := of.Get("error")
	if err != nil {
		return err
	}
	if reason.Type() != safejs.TypeObject {
		return errors.New("the transaction was aborted: no reason given")
	}
	return js.Error{Value: safejs.Unsafe(reason)}
}

// texts makes an array.
func texts(all []string) []any {
	array := make([]any, len(all))
	for i, text := range all {
		array[i] = text
	}
	return array
}
