package bgfetch

import (
	"errors"
	"fmt"
)

// Names of the exceptions that reach a page.
const (
	TypeError          = "TypeError"
	NotAllowedError    = "NotAllowedError"
	QuotaExceededError = "QuotaExceededError"
	InvalidStateError  = "InvalidStateError"
)

// Error is an error with the name of the exception that a page is to see.
type Error struct {
	Name    string
	Message string
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

func Errorf(name, format string, args ...any) error {
	return &Error{Name: name, Message: fmt.Sprintf(format, args...)}
}

// ErrUnknown: there is no such background fetch or record (any more).
var ErrUnknown = errors.New("no such background fetch or record")
