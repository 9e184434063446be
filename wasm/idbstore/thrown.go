//go:build js && wasm

package idbstore

import (
	"errors"
	"fmt"
	"syscall/js"

	"github.com/hack-pad/go-indexeddb/idb"
	"github.com/hack-pad/safejs"

	"background-fetch-wasm/wasm/bgfetch"
)

// portError adds the error of the ports that err stands for, if any.
func portError(err error) error {
	if errors.Is(err, idb.NewDOMException("QuotaExceededError")) || thrownName(err) == "QuotaExceededError" {
		return fmt.Errorf("%w (%v)", bgfetch.ErrQuota, err)
	}
	return err
}

// thrownName is the name of a JS exception, "" for other errors. A js.Error is what safejs
// returns for what JS throws, and what failure makes; idb.DOMException stands only for what fails
// while the database is opened.
func thrownName(err error) string {
	var thrown js.Error
	if !errors.As(err, &thrown) {
		return ""
	}
	value := safejs.Safe(thrown.Value)
	if value.Type() != safejs.TypeObject {
		return ""
	}
	property, err := value.Get("name")
	if err != nil {
		return ""
	}
	name, _ := property.String()
	return name
}
