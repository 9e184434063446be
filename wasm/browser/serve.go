//go:build js && wasm

package browser

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/hack-pad/safejs"
	wasmhttp "github.com/nlepage/go-wasm-http-server/v2"
)

// Serve answers the requests that the worker's glue hands to the program: it
// gives wasmhttp.setHandler a function from Request to a promise of a Response.
// The handler sees paths without the prefix wasmhttp.path.
//
// It stands in for the Serve of go-wasm-http-server, which ends the program when
// a client cancels a body, and leaves functions behind with each request.
func Serve(handler http.Handler) error {
	host, err := safejs.Global().Get("wasmhttp")
	if err != nil {
		return err
	}
	prefix, err := stringProperty(host, "path")
	if err != nil {
		return fmt.Errorf("serve: wasmhttp.%w", err)
	}
	handler = stripPrefix(strings.TrimRight(prefix, "/"), handler)

	// Neither function is ever released: they live as long as the program.
	promises, err := newPromiseMaker()
	if err != nil {
		return err
	}
	serve, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		promise, resolve, err := promises.make()
		if err != nil || len(args) == 0 {
			return safejs.Undefined()
		}
		go serveRequest(handler, args[0], resolve)
		return promise
	})
	if err != nil {
		return err
	}
	if _, err := host.Call("setHandler", serve); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// serveRequest answers one request, whatever the handler does.
func serveRequest(handler http.Handler, value safejs.Value, resolve resolveFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reply := &replyWriter{resolve: resolve, cancel: cancel}
	defer reply.finish()
	defer func() {
		if cause := recover(); cause != nil {
			log.Println("bgfetch: the handler panicked:", cause)
			reply.fail(http.StatusInternalServerError, fmt.Sprintf("The handler panicked: %v", cause))
		}
	}()
	release, err := onAbort(value, cancel)
	if err != nil {
		reply.fail(http.StatusInternalServerError, err.Error())
		return
	}
	defer release()
	request, err := makeRequest(ctx, value)
	var wrongURL *url.Error
	switch {
	case errors.As(err, &wrongURL): // browsers let pass what is not escaped rightly
		reply.fail(http.StatusBadRequest, err.Error())
		return
	case err != nil:
		reply.fail(http.StatusInternalServerError, err.Error())
		return
	}
	defer request.Body.Close()
	handler.ServeHTTP(reply, request)
}

// makeRequest adds what a server's request has and the library's has not.
func makeRequest(ctx context.Context, value safejs.Value) (*http.Request, error) {
	request, err := wasmhttp.Request(safejs.Unsafe(value))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	request.ContentLength = -1
	if request.Body == nil {
		request.Body = http.NoBody
		request.ContentLength = 0
	}
	request.Host = request.URL.Host
	request.RequestURI = request.URL.RequestURI()
	// A browser sends these to servers, and does not show them to workers.
	for field, property := range map[string]string{"Sec-Fetch-Dest": "destination", "Sec-Fetch-Mode": "mode"} {
		text, err := stringProperty(value, property)
		if err != nil {
			return nil, err
		}
		request.Header.Set(field, text)
	}
	referrer, err := stringProperty(value, "referrer")
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(referrer, "http") { // else it is none, or about:client
		request.Header.Set("Referer", referrer)
	}
	return request.WithContext(ctx), nil
}

// onAbort calls cancel when the client goes away. Call release when done.
func onAbort(request safejs.Value, cancel func()) (release func(), err error) {
	signal, err := request.Get("signal")
	if err != nil || signal.IsUndefined() {
		return func() {}, err
	}
	if aborted, err := signal.Get("aborted"); err == nil {
		if gone, _ := aborted.Bool(); gone {
			cancel()
			return func() {}, nil
		}
	}
	listener, err := safejs.FuncOf(func(safejs.Value, []safejs.Value) any {
		cancel()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if _, err := signal.Call("addEventListener", "abort", listener); err != nil {
		listener.Release()
		return nil, err
	}
	return func() {
		_, _ = signal.Call("removeEventListener", "abort", listener)
		listener.Release()
	}, nil
}

// stripPrefix is http.StripPrefix for a prefix as it stands in a URL, escaped.
func stripPrefix(escaped string, handler http.Handler) http.Handler {
	prefix, err := url.PathUnescape(escaped)
	if err != nil {
		prefix = escaped
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ok := strings.CutPrefix(r.URL.Path, prefix)
		rawPath, rawOK := strings.CutPrefix(r.URL.EscapedPath(), escaped)
		if !ok || !rawOK {
			http.NotFound(w, r)
			return
		}
		stripped := *r.URL
		stripped.Path, stripped.RawPath = path, rawPath
		request := *r
		request.URL = &stripped
		handler.ServeHTTP(w, &request)
	})
}

// promiseMaker makes promises with one executor for all of them.
type promiseMaker struct {
	mu          sync.Mutex
	constructor safejs.Value
	executor    safejs.Func
	resolve     safejs.Value // of the promise that is being made
}

// resolveFunc resolves a promise. Later calls do nothing.
type resolveFunc func(value safejs.Value)

func newPromiseMaker() (*promiseMaker, error) {
	constructor, err := safejs.Global().Get("Promise")
	if err != nil {
		return nil, err
	}
	m := &promiseMaker{constructor: constructor}
	m.executor, err = safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		m.resolve = args[0]
		return nil
	})
	return m, err
}

func (m *promiseMaker) make() (safejs.Value, resolveFunc, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	promise, err := m.constructor.New(m.executor)
	if err != nil {
		return safejs.Value{}, nil, err
	}
	resolve := m.resolve
	if resolve.Type() != safejs.TypeFunction {
		return safejs.Value{}, nil, errors.New("the promise has no resolve function")
	}
	return promise, func(value safejs.Value) { _, _ = resolve.Invoke(value) }, nil
}
