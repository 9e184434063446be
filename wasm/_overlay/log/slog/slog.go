// Package slog stands in for log/slog where the program is built for the browser:
// go-wasm-http-server says one thing with it. Left out are levels, attributes and handlers.
package slog

import "log"

// Error writes what slog's default handler writes for a message without attributes.
func Error(message string) { log.Print("ERROR " + message) }
