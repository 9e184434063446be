// Package net stands in for net where the program is built for the browser, which makes
// all connections. It has the names of which net/http is made, and takes hosts and ports
// apart. Left out are addresses of the Internet Protocol, the resolver with DNS, and the
// network that Go simulates where there is none.
package net

import (
	"context"
	"errors"
	"strings"
	"time"
)

var errNone = errors.New("net: this program was built without a network: the browser makes its connections")

// ErrClosed is what uses of a closed connection return.
var ErrClosed = errors.New("use of closed network connection")

type Addr interface {
	Network() string
	String() string
}

type Conn interface {
	Read(b []byte) (n int, err error)
	Write(b []byte) (n int, err error)
	Close() error
	LocalAddr() Addr
	RemoteAddr() Addr
	SetDeadline(t time.Time) error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

type Listener interface {
	Accept() (Conn, error)
	Close() error
	Addr() Addr
}

type Error interface {
	error
	Timeout() bool
	Temporary() bool
}

// OpError is an error of a connection; nothing makes one.
type OpError struct {
	Op, Net      string
	Source, Addr Addr
	Err          error
}

func (e *OpError) Error() string { return e.Op + ": " + e.Err.Error() }

type TCPConn struct{ Conn }

func (*TCPConn) CloseWrite() error { return errNone }

type Dialer struct{ Timeout, KeepAlive time.Duration }

func (*Dialer) DialContext(context.Context, string, string) (Conn, error) { return nil, errNone }

func Dial(string, string) (Conn, error)       { return nil, errNone }
func Listen(string, string) (Listener, error) { return nil, errNone }

const (
	IPv4len = 4
	IPv6len = 16
)

type IP []byte

func (IP) To4() IP          { return nil }
func (IP) To16() IP         { return nil }
func (IP) Equal(IP) bool    { return false }
func (IP) IsLoopback() bool { return false }
func (IP) String() string   { return "?" }

// ParseIP knows no address: net/http has it for cookies and proxies.
func ParseIP(string) IP { return nil }

type IPAddr struct {
	IP   IP
	Zone string
}

type IPNet struct{}

func (*IPNet) Contains(IP) bool { return false }

func ParseCIDR(string) (IP, *IPNet, error) { return nil, nil, errNone }

// SplitHostPort takes host:port apart, and [host]:port.
func SplitHostPort(hostPort string) (host, port string, err error) {
	colon := strings.LastIndexByte(hostPort, ':')
	if colon < 0 {
		return "", "", errors.New("address " + hostPort + ": missing port in address")
	}
	host, port = hostPort[:colon], hostPort[colon+1:]
	inner, opened := strings.CutPrefix(host, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if opened != closed || strings.ContainsAny(inner, "[]") || strings.ContainsAny(port, "[]") || !opened && strings.Contains(host, ":") {
		return "", "", errors.New("address " + hostPort + ": not a host and a port")
	}
	return inner, port, nil
}

// JoinHostPort returns host:port, or [host]:port where the host has a colon.
func JoinHostPort(host, port string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]:" + port
	}
	return host + ":" + port
}
