// Package wire compares what crosses between the Go program and the TypeScript around it: the
// test writes the types of the JSON, the paths, the calls and the constants that the Go code has
// to a TypeScript file, which is compared with the types of jsglue when these are checked.
package wire

import (
	"bytes"
	"flag"
	"fmt"
	"go/constant"
	"go/types"
	"math"
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

var write = flag.Bool("write", false, "write the file")

const target = "../../jsglue/types/wire.ts"

const preface = `/**
 * What crosses between Go and TypeScript, as the Go code has it. Made by ` + "`./build.sh wire`" + ` (test/wire);
 * ` + "`./build.sh check`" + ` fails when it is old. wire-conformance.ts compares it with the types of jsglue.
 */

`

func TestWire(t *testing.T) {
	browser, httpapi, idbstore := loadAll(t)
	d := declarations{}
	var b bytes.Buffer
	b.WriteString(preface)
	b.WriteString(routes(t, httpapi, d) + "\n")
	b.WriteString(hostMethods(t, browser, d) + "\n")
	fmt.Fprintf(&b, "export interface HostConfig %s\n\n", lines(d.of(browser.Scope().Lookup("Config").Type())))
	fmt.Fprintf(&b, "export type HostError = %s;\n\n", d.of(browser.Scope().Lookup("errorCode").Type()))
	for _, c := range []struct {
		name string
		in   *types.Package
		of   string
	}{
		{"STORED_BODY", httpapi.Package, "StoredBodyField"},
		{"KEY_PREFIX", browser.Package, "keyPrefix"},
		{"PROBLEM_TYPE", imported(browser.Package, "bgfetch"), "ProblemType"},
		{"DATABASE_VERSION", idbstore.Package, "SchemaVersion"},
		{"MAX_LENGTH", imported(browser.Package, "bgfetch"), "MaxLength"},
		{"MAX_GROUP", imported(browser.Package, "bgfetch"), "MaxGroup"},
	} {
		fmt.Fprintf(&b, "export const %s = %s;\n", c.name, literal(c.in.Scope().Lookup(c.of).(*types.Const).Val()))
	}
	b.WriteString(bounds(t))
	b.WriteString(problem(d, browser))
	b.WriteString(d.String())

	if *write {
		if err := os.WriteFile(target, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(there, b.Bytes()) {
		t.Errorf("jsglue/types/wire.ts is old: ./build.sh wire writes it. %s", firstDifference(string(there), b.String()))
	}
}

// problem declares the reply that any path may have.
func problem(d declarations, browser *source) string {
	d.of(imported(browser.Package, "bgfetch").Scope().Lookup("Problem").Type())
	return ""
}

func imported(by *types.Package, name string) *types.Package {
	for _, one := range by.Imports() {
		if one.Name() == name {
			return one
		}
	}
	panic("there is no package " + name)
}

func literal(value constant.Value) string {
	if value.Kind() == constant.String {
		return quote(constant.StringVal(value))
	}
	return value.ExactString()
}

// bounds are the least and the greatest value that Go takes for each option that is a number,
// found by trying.
func bounds(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("export const RETRY_BOUNDS = {\n")
	init := reflect.TypeFor[bgfetch.RetryInit]()
	for i := range init.NumField() {
		low, high := limits(func(n int64) bool {
			value := reflect.New(init).Elem()
			value.Field(i).Set(reflect.ValueOf(&n))
			_, err := value.Interface().(bgfetch.RetryInit).Apply(bgfetch.RetryPolicy{})
			return err == nil
		})
		name, _, _ := strings.Cut(init.Field(i).Tag.Get("json"), ",")
		fmt.Fprintf(&b, "  %s: [%d, %d],\n", name, low, high)
	}
	low, high := limits(func(n int64) bool { return bgfetch.NetworkOptions{MaxBandwidth: n}.Check() == nil })
	fmt.Fprintf(&b, "} as const;\nexport const MAX_BANDWIDTH_BOUNDS = [%d, %d] as const;\n", low, high)
	return b.String()
}

// limits finds the interval around 1000 in which numbers are good.
func limits(good func(int64) bool) (low, high int64) {
	const inside = 1000
	low = inside - int64(sort.Search(2*inside, func(n int) bool { return !good(inside - int64(n)) })) + 1
	high = int64(sort.Search(math.MaxInt, func(n int) bool { return n > inside && !good(int64(n)) })) - 1
	return low, high
}

// firstDifference shows a line that is another one.
func firstDifference(there, wanted string) string {
	old, now := strings.Split(there, "\n"), strings.Split(wanted, "\n")
	for i, line := range now {
		if i >= len(old) || old[i] != line {
			return fmt.Sprintf("Line %d is now: %s", i+1, line)
		}
	}
	return "The rest is too much."
}
