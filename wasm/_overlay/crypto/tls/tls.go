// Package tls stands in for crypto/tls where the program is built for the browser,
// by `go build -overlay` (build.sh). The browser makes all connections, but net/http
// names these, and with them comes a quarter of a program that can never run:
// docs/decisions/size.md.
//
// It has what net/http uses and nothing else, so a newer Go that uses more does not
// compile, and says what is missing.
package tls

import (
	"context"
	"errors"
	"net"
)

var errNone = errors.New("tls: this program was built without TLS: the browser makes its connections")

type Config struct {
	ServerName         string
	NextProtos         []string
	Certificates       []Certificate
	GetCertificate     func(*ClientHelloInfo) (*Certificate, error)
	GetConfigForClient func(*ClientHelloInfo) (*Config, error)
}

func (c *Config) Clone() *Config {
	clone := *c
	return &clone
}

type ClientHelloInfo struct{}

type Certificate struct{}

func LoadX509KeyPair(_, _ string) (Certificate, error) { return Certificate{}, errNone }

type ConnectionState struct {
	NegotiatedProtocol         string
	NegotiatedProtocolIsMutual bool
	ServerName                 string
}

func (ConnectionState) VerifyHostname(string) error { return errNone }

type Conn struct{ net.Conn }

func Client(connection net.Conn, _ *Config) *Conn { return &Conn{connection} }

func (c *Conn) NetConn() net.Conn                    { return c.Conn }
func (*Conn) Handshake() error                       { return errNone }
func (*Conn) HandshakeContext(context.Context) error { return errNone }
func (*Conn) ConnectionState() ConnectionState       { return ConnectionState{} }

func NewListener(inner net.Listener, _ *Config) net.Listener { return inner }

type RecordHeaderError struct {
	Msg          string
	RecordHeader [5]byte
	Conn         net.Conn
}

func (e RecordHeaderError) Error() string { return e.Msg }
