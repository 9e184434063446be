package bgfetch

import (
	"errors"
	"fmt"
)

// ErrorName is the name of an exception that reaches a page.
type ErrorName string

const (
	TypeError          ErrorName = "TypeError"
	NotAllowedError    ErrorName = "NotAllowedError"
	QuotaExceededError ErrorName = "QuotaExceededError"
	InvalidStateError  ErrorName = "InvalidStateError"
)

// Error is an error with the name of the exception that a page is to see.
type Error struct {
	Name    ErrorName
	Message string
}

func (e *Error) Error() string { return string(e.Name) + ": " + e.Message }

func Errorf(name ErrorName, format string, args ...any) error {
	return &Error{Name: name, Message: fmt.Sprintf(format, args...)}
}

// ErrUnknown: there is no such background fetch or record (any more).
var ErrUnknown = errors.New("no such background fetch or record")
