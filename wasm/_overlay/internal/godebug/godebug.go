// Package godebug stands in for internal/godebug where the program is built for the
// browser: a worker has no environment, so nobody sets GODEBUG. Each setting has the value
// that is usual in the Go that compiles the program, also where go.mod names an older Go.
// Left out are the settings, and what counts their uses.
package godebug

// A Setting has its default value.
type Setting struct{ name string }

// New returns the setting with this name; one that is not documented begins with #.
func New(name string) *Setting { return &Setting{name} }

// Name returns the setting's name, without #.
func (s *Setting) Name() string {
	if s.Undocumented() {
		return s.name[1:]
	}
	return s.name
}

// Undocumented tells whether the setting is no public one.
func (s *Setting) Undocumented() bool { return s.name != "" && s.name[0] == '#' }

// String returns name=value.
func (s *Setting) String() string { return s.Name() + "=" }

// Value returns "", which is the default of each setting.
func (*Setting) Value() string { return "" }

// IncNonDefault is never called: there is no other value.
func (*Setting) IncNonDefault() {}
