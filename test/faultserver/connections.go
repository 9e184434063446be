package faultserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// errBroken is the cause of a context that a control ended.
var errBroken = errors.New("broken by control")

// connections knows the exchanges under way and which names are stopped. The
// name "" stands for all.
type connections struct {
	mu      sync.Mutex
	open    map[*exchange]bool
	stopped map[string]time.Time // until when
}

// exchange is one request with its answer, under way.
type exchange struct {
	name   string
	cancel context.CancelCauseFunc
	rc     *http.ResponseController
}

// begin registers an exchange. The context ends when the client leaves or when
// a control breaks the connection; done must be called before the handler
// returns. ok is false if the name is stopped.
func (c *connections) begin(name string, w http.ResponseWriter, r *http.Request) (ctx context.Context, done func(), ok bool) {
	ctx, cancel := context.WithCancelCause(r.Context())
	e := &exchange{name, cancel, http.NewResponseController(w)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = make(map[*exchange]bool)
	}
	ok = c.remaining(name) == 0
	if ok {
		c.open[e] = true
	}
	done = func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.open, e)
		cancel(nil)
	}
	return ctx, done, ok
}

// remaining returns how long name is stopped; the caller holds mu.
func (c *connections) remaining(name string) time.Duration {
	return max(0, time.Until(c.stopped[""]), time.Until(c.stopped[name]))
}

// breakOpen breaks the connections of name, of all for "", and returns how many.
func (c *connections) breakOpen(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	broken := 0
	for e := range c.open {
		if name == "" || e.name == name {
			e.cancel(errBroken)
			// Wakes a write that waits for a slow client, and a read of an upload.
			// The connection is not used again, so nobody misses the deadline.
			past := time.Unix(1, 0)
			_ = e.rc.SetWriteDeadline(past)
			_ = e.rc.SetReadDeadline(past)
			broken++
		}
	}
	return broken
}

// stop breaks what is open and refuses name, or all for "", for so long.
func (c *connections) stop(name string, duration time.Duration) {
	c.mu.Lock()
	if c.stopped == nil {
		c.stopped = make(map[string]time.Time)
	}
	c.stopped[name] = time.Now().Add(duration)
	c.mu.Unlock()
	c.breakOpen(name)
}

// start ends a stop of name; for "" it ends every stop.
func (c *connections) start(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name == "" {
		c.stopped = nil
	} else {
		delete(c.stopped, name)
	}
}

// state returns how long name is stopped and how many exchanges are under way.
func (c *connections) state(name string) (remaining time.Duration, sending int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := range c.open {
		if name == "" || e.name == name {
			sending++
		}
	}
	return c.remaining(name), sending
}

// deliveryTime bounds how long a client may take to receive what was sent
// before a cut. A reset discards what is still on the way.
const deliveryTime = 2 * time.Second

// reset ends the connection of w with a TCP reset at once, so that no browser
// can take it for the end of the body. Where the connection cannot be had
// (HTTP/2), it panics and net/http resets the stream.
func reset(w http.ResponseWriter) { resetConn(hijack(w)) }

// resetDelivered is reset, as soon as the client has received what was sent.
func resetDelivered(w http.ResponseWriter) {
	conn := hijack(w)
	for end := time.Now().Add(deliveryTime); !delivered(conn) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	resetConn(conn)
}

func resetConn(conn net.Conn) {
	if tcp, ok := transport(conn).(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// transport is the connection below TLS.
func transport(conn net.Conn) net.Conn {
	if tlsConn, ok := conn.(*tls.Conn); ok {
		return tlsConn.NetConn()
	}
	return conn
}

// closeOrderly ends the connection of w as a server does that has sent
// everything, whatever Content-Length promised.
func closeOrderly(w http.ResponseWriter) {
	_ = hijack(w).Close()
}

func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return conn
}
