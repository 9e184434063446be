package wire

import (
	"cmp"
	"fmt"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// declarations are the TypeScript declarations that stand for Go types, by name. Those of
// package bgfetch have names; others are written out where they are used.
type declarations map[string]string

// overrides are the types that decode JSON themselves.
var overrides = map[string]string{
	"requestInit": "Request", // or its URL, which only people write
	"Text":        "string | Record<string, string>",
	"RawMessage":  "unknown", // what the site said is checked later
}

// unions are the types that have the values of another one, too.
var unions = map[string]string{
	"ResponseResult": "FailureReason",
}

// of returns the TypeScript type of the JSON that encoding/json makes of a Go type, or reads
// into it. Types that it names are declared.
func (d declarations) of(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		return d.ofNamed(t)
	case *types.Basic:
		switch info := t.Info(); {
		case t.Kind() == types.UntypedNil:
			return "null"
		case info&types.IsString != 0:
			return "string"
		case info&types.IsBoolean != 0:
			return "boolean"
		case info&types.IsNumeric != 0:
			return "number"
		}
	case *types.Pointer:
		return d.of(t.Elem()) + " | null"
	case *types.Slice:
		if types.Identical(t.Elem(), types.Typ[types.Byte]) {
			return "string" // base64
		}
		return d.list(t.Elem())
	case *types.Map:
		record := "Record<" + d.of(t.Key()) + ", " + d.of(t.Elem()) + ">"
		if types.Identical(t.Key(), types.Typ[types.String]) {
			return record
		}
		return "Partial<" + record + ">" // nothing says that it has each
	case *types.Array:
		return "[" + strings.Repeat(", "+d.of(t.Elem()), int(t.Len()))[2:] + "]"
	case *types.Struct:
		return d.object(t)
	}
	panic(fmt.Sprintf("no TypeScript for %v", t))
}

func (d declarations) list(element types.Type) string {
	if text := d.of(element); !strings.ContainsAny(text, "|") || strings.HasPrefix(text, "{") {
		return text + "[]"
	}
	return "(" + d.of(element) + ")[]"
}

func (d declarations) ofNamed(t *types.Named) string {
	name := t.Obj().Name()
	if text, ok := overrides[name]; ok {
		return text
	}
	for method := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		if strings.HasSuffix(method.Obj().Name(), "marshalJSON") || strings.HasSuffix(method.Obj().Name(), "MarshalJSON") {
			panic(fmt.Sprintf("%v has %s: say in overrides what it is in TypeScript", t, method.Obj().Name()))
		}
	}
	if _, ok := t.Underlying().(*types.Array); ok {
		return d.of(t.Underlying())
	}
	isEnum := types.Identical(t.Underlying(), types.Typ[types.String]) || types.Identical(t.Underlying(), types.Typ[types.Int])
	if t.Obj().Pkg().Name() != "bgfetch" && !isEnum {
		return d.of(t.Underlying())
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	if _, known := d[name]; known {
		return name
	}
	d[name] = "" // it may be part of itself
	if isEnum {
		d[name] = fmt.Sprintf("export type %s = %s;\n", name, union(t))
		if other := unions[name]; other != "" {
			d.of(t.Obj().Pkg().Scope().Lookup(other).Type())
			d[name] = fmt.Sprintf("export type %s = %s | %s;\n", name, union(t), other)
		}
	} else {
		d[name] = fmt.Sprintf("export interface %s %s\n", name, lines(d.object(t.Underlying().(*types.Struct))))
	}
	return name
}

// union is the closed set of values that the constants of a type are.
func union(t *types.Named) string {
	var values []string
	scope := t.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), t) {
			values = append(values, literal(c.Val()))
		}
	}
	if len(values) == 0 {
		panic(fmt.Sprintf("%v has no constants", t))
	}
	slices.Sort(values)
	return strings.Join(slices.Compact(values), " | ")
}

// object writes a struct on one line.
func (d declarations) object(t *types.Struct) string {
	members := d.members(t)
	if len(members) == 0 {
		return "Record<string, never>"
	}
	return "{ " + strings.Join(members, "; ") + " }"
}

// lines is an object on a line for each member.
func lines(object string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(object, "{ "), " }")
	var b strings.Builder
	b.WriteString("{\n")
	depth, from := 0, 0
	for i, r := range inner {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case r == ';' && depth == 0:
			fmt.Fprintf(&b, "  %s;\n", strings.TrimSpace(inner[from:i]))
			from = i + 1
		}
	}
	fmt.Fprintf(&b, "  %s;\n}", strings.TrimSpace(inner[from:]))
	return b.String()
}

// members are those that encoding/json sees: the least embedded field of each name.
func (d declarations) members(t *types.Struct) []string {
	type member struct {
		text  string
		depth int
	}
	found := map[string]member{}
	var add func(t *types.Struct, depth int)
	add = func(t *types.Struct, depth int) {
		for i := range t.NumFields() {
			field := t.Field(i)
			name, options, _ := strings.Cut(reflect.StructTag(t.Tag(i)).Get("json"), ",")
			embedded, isStruct := field.Type().Underlying().(*types.Struct)
			switch {
			case name == "-":
				continue
			case field.Embedded() && name == "" && isStruct:
				add(embedded, depth+1)
				continue
			case !field.Exported() && !field.Embedded():
				continue
			case name == "":
				panic(fmt.Sprintf("%v has no JSON name", field))
			}
			if known, ok := found[name]; ok && known.depth == depth {
				panic(fmt.Sprintf("%s is there twice", name))
			} else if ok && known.depth < depth {
				continue
			}
			found[name] = member{d.member(name, options, field.Type()), depth}
		}
	}
	add(t, 0)
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		texts = append(texts, found[name].text)
	}
	return texts
}

// member is one that encoding/json leaves out where it is empty, or is always there.
func (d declarations) member(name, options string, t types.Type) string {
	if strings.Contains(options, "omit") {
		if pointer, ok := t.(*types.Pointer); ok {
			t = pointer.Elem()
		}
		return fmt.Sprintf("%s?: %s", name, d.of(t))
	}
	return fmt.Sprintf("%s: %s", name, d.of(t))
}

func (d declarations) String() string {
	var b strings.Builder
	for _, name := range slices.SortedFunc(maps.Keys(d), cmp.Compare[string]) {
		b.WriteString("\n" + d[name])
	}
	return b.String()
}

func quote(text string) string { return "'" + text + "'" }
