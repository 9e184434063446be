//go:build js && wasm

// Package browser reaches the service worker around the program. The ports of
// the core (network, bodies, events, display) are calls to the JS host, whose
// contract is jsglue/sw/host.ts; Serve answers the worker's requests.
//
// Between Go and JS cross numbers, text (JSON, or lines) and, where they are to be hashed, the
// bytes of a segment; never a reference to a body: such a reference stays until Go's
// garbage collector happens to run.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/hack-pad/safejs"

	"background-fetch-wasm/wasm/bgfetch"
)

// Config is what the program is told about its worker (HostConfig in host.ts).
type Config struct {
	// Scope is the URL of the registration's scope.
	Scope string `json:"scope"`
	// Database is the name of the IndexedDB database.
	Database string `json:"database"`
	// CachePrefix is followed by the unique id in the names of the caches with bodies.
	CachePrefix string `json:"cachePrefix"`
	// KeptPrefix is the same for the empty caches that say which of these are kept.
	KeptPrefix string `json:"keptPrefix"`
	// Permission is the site's policy.
	Permission bgfetch.Permission `json:"permission"`
	// Retry is what holds where a background fetch says nothing.
	Retry bgfetch.RetryInit `json:"retry"`
	// Ranges is set where a large record may be moved by several requests at a time.
	Ranges bool `json:"ranges"`
	// Debug is set where the console is to tell what happens.
	Debug bool `json:"debug"`
	// OnLog is set where the site listens to the log.
	OnLog bool `json:"onlog"`
	// Network is which connections are used by what does not say, MaxBandwidth the limit
	// of all together in bytes per second, 0 for none.
	Network      bgfetch.Connections `json:"network"`
	MaxBandwidth int64               `json:"maxBandwidth"`
	// Remains is what stays of records that fail, where the site says so; nil for nothing.
	Remains *bgfetch.RemainsInit `json:"remains"`
	// KeepMax bounds what is kept.
	KeepMax bgfetch.KeepMax `json:"keepMax"`
	// Lang is the language of what the user is shown, where the site says so, and Texts what it says in
	// place of our texts: see bgfetch.ReadTexts.
	Lang  string          `json:"lang,omitempty"`
	Texts json.RawMessage `json:"texts"`
	// Framing says which bodies that end too early the browser reports.
	Framing bgfetch.Framing `json:"framing"`
}

// Origin is the origin of the scope.
func (c Config) Origin() string {
	u, err := url.Parse(c.Scope)
	if err != nil { // the browser made it
		return c.Scope
	}
	return u.Scheme + "://" + u.Host
}

// Bridge calls the methods of the JS host. It lives as long as the program.
type Bridge struct {
	Config Config

	host, navigator safejs.Value
	// bytes is what receive copies to; it has no caller but the event loop.
	bytes []byte

	mu   sync.Mutex
	last int
	// pending are the calls that are not answered, by number.
	pending map[int]pendingCall
}

// pendingCall is a call that waits for its answer, which goes to answered unless
// that is nil. Bytes that the host hands over before go to w.
type pendingCall struct {
	answered chan<- reply
	w        io.Writer
}

// reply is the answer to a call: an error and a message, or noError and JSON text, or what a
// result with lines is made of.
type reply struct {
	code errorCode
	text string
}

// errorCode says what went wrong with a call (HostError in host.ts).
type errorCode string

const (
	noError      errorCode = ""
	codeNetwork  errorCode = "network"
	codeQuota    errorCode = "quota"
	codeLost     errorCode = "lost"
	codeStopped  errorCode = "stopped"
	codeInternal errorCode = "internal"
)

// Connect finds the host in the global object.
func Connect() (*Bridge, error) {
	host, err := safejs.Global().Get("bgfetchHost")
	if err != nil {
		return nil, err
	}
	config, err := stringProperty(host, "config")
	if err != nil {
		return nil, fmt.Errorf("connect to bgfetchHost: %w", err)
	}
	navigator, err := safejs.Global().Get("navigator")
	if err != nil {
		return nil, err
	}
	b := &Bridge{host: host, navigator: navigator, pending: map[int]pendingCall{}}
	if err := json.Unmarshal([]byte(config), &b.Config); err != nil {
		return nil, fmt.Errorf("the host's config: %w", err)
	}
	// One function for all answers and one for all bytes; they are never released.
	deliver, err := safejs.FuncOf(b.deliver)
	if err != nil {
		return nil, err
	}
	receive, err := safejs.FuncOf(b.receive)
	if err != nil {
		return nil, err
	}
	if _, err := host.Call("connect", deliver, receive); err != nil {
		return nil, fmt.Errorf("connect to bgfetchHost: %w", err)
	}
	return b, nil
}

// deliver is called by the host with the number of a call and its answer, and an error's code after
// that. It must not wait: JS stands still meanwhile.
func (b *Bridge) deliver(_ safejs.Value, args []safejs.Value) any {
	if len(args) < 2 {
		return nil
	}
	number, err := args[0].Int()
	if err != nil {
		return nil
	}
	text, _ := args[1].String()
	code := ""
	if len(args) > 2 {
		code, _ = args[2].String()
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	if answered := b.pending[number].answered; answered != nil {
		answered <- reply{errorCode(code), text} // has room for the one answer
	}
	delete(b.pending, number)
	return nil
}

// receive is called by the host with the number of a call and a Uint8Array, any
// number of times before the answer. It too must not wait.
func (b *Bridge) receive(_ safejs.Value, args []safejs.Value) any {
	if len(args) != 2 {
		return nil
	}
	number, err := args[0].Int()
	if err != nil {
		return nil
	}
	b.mu.Lock()
	w := b.pending[number].w
	b.mu.Unlock()
	length, err := args[1].Length()
	if err != nil || w == nil {
		return nil
	}
	b.bytes = slices.Grow(b.bytes[:0], length)[:length]
	if n, err := safejs.CopyBytesToGo(b.bytes, args[1]); err == nil {
		_, _ = w.Write(b.bytes[:n]) // to a hash, which cannot fail
	}
	return nil
}

// begin calls a method and returns the call's number. The answer goes to
// answered, which has room for it, or nowhere if that is nil; bytes go to w.
func (b *Bridge) begin(method string, args any, answered chan<- reply, w io.Writer) (int, error) {
	text, err := json.Marshal(args)
	if err != nil {
		return 0, fmt.Errorf("host method %s: %w", method, err)
	}
	b.mu.Lock()
	b.last++
	number := b.last
	b.pending[number] = pendingCall{answered, w}
	b.mu.Unlock()
	if _, err := b.host.Call("call", number, method, string(text)); err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.pending, number)
		return 0, fmt.Errorf("host method %s: %w", method, err)
	}
	return number, nil
}

// call calls a method and waits for its answer, which it decodes into result
// unless that is nil. When ctx ends, the call is cancelled; the host answers all
// the same, soon. Errors are the ports' bgfetch.ErrNetwork, ErrQuota and
// ErrStopped, or ctx's.
func (b *Bridge) call(ctx context.Context, method string, args, result any) error {
	return b.callBytes(ctx, method, args, result, nil)
}

// callBytes is call for a method that also hands over bytes, which go to w. After
// an error w may have seen some.
func (b *Bridge) callBytes(ctx context.Context, method string, args, result any, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	answered := make(chan reply, 1)
	number, err := b.begin(method, args, answered, w)
	if err != nil {
		return err
	}
	var answer reply
	select {
	case answer = <-answered:
	case <-ctx.Done():
		_, _ = b.host.Call("cancel", number)
		answer = <-answered
	}
	if answer.code != noError {
		return hostError(ctx, method, answer)
	}
	switch result := result.(type) {
	case nil:
	case lined:
		err = result.read(strings.Split(answer.text, "\n"))
	default:
		err = json.Unmarshal([]byte(answer.text), result)
	}
	if err != nil {
		return fmt.Errorf("result of host method %s: %w", method, err)
	}
	return nil
}

// send calls a method and does not wait: what is sent arrives in order.
func (b *Bridge) send(method string, args any) {
	// There is no failure that the caller could do something about.
	_, _ = b.begin(method, args, nil, nil)
}

// hostError is the Go error for a HostError of host.ts.
func hostError(ctx context.Context, method string, answer reply) error {
	switch answer.code {
	case codeNetwork:
		return fmt.Errorf("%w: %s", bgfetch.ErrNetwork, answer.text)
	case codeLost:
		return fmt.Errorf("%w: %s", bgfetch.ErrLost, answer.text)
	case codeQuota:
		return fmt.Errorf("%w: %s", bgfetch.ErrQuota, answer.text)
	case codeStopped:
		if err := ctx.Err(); err != nil {
			return err
		}
		return bgfetch.ErrStopped
	}
	return fmt.Errorf("host method %s: %s", method, answer.text)
}

func stringProperty(value safejs.Value, name string) (string, error) {
	property, err := value.Get(name)
	if err != nil {
		return "", err
	}
	if property.Type() != safejs.TypeString {
		return "", fmt.Errorf("%s is not a string", name)
	}
	return property.String()
}
