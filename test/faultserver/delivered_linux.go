package faultserver

import (
	"net"
	"syscall"
	"unsafe"
)

// delivered tells whether the other side has acknowledged everything that was
// written to conn: whether the kernel's send queue is empty.
func delivered(conn net.Conn) bool {
	tcp, ok := transport(conn).(*net.TCPConn)
	if !ok {
		return true
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true
	}
	var queued int32
	err = raw.Control(func(fd uintptr) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&queued)))
		if errno != 0 {
			queued = 0
		}
	})
	return err != nil || queued == 0
}
