//go:build !linux

package faultserver

import (
	"net"
	"time"
)

// delivered gives the bytes 50 ms to arrive: there is no portable way to ask.
func delivered(net.Conn) bool {
	time.Sleep(50 * time.Millisecond)
	return true
}
