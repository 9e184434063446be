package bgfetchtest

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"background-fetch-wasm/wasm/bgfetch"
)

// Language is a bgfetch.Language with files of its own. Numbers say in which language they are.
type Language struct {
	mu    sync.Mutex
	files map[string]map[string]bgfetch.Text
	// asked counts the files that were asked for.
	asked int
	// never: a file that is not there does not come, instead of failing.
	never bool
}

var _ bgfetch.Language = (*Language)(nil)

// Put makes a file, with these texts.
func (l *Language) Put(file string, texts map[string]bgfetch.Text) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.files == nil {
		l.files = map[string]map[string]bgfetch.Text{}
	}
	l.files[file] = texts
}

// SetNever says whether files that are not there do not come, instead of failing.
func (l *Language) SetNever(never bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.never = never
}

// Asked is how often a file was asked for.
func (l *Language) Asked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// Texts implements bgfetch.Language.
func (l *Language) Texts(ctx context.Context, file string) (map[string]bgfetch.Text, error) {
	l.mu.Lock()
	l.asked++
	texts, never := l.files[file], l.never
	l.mu.Unlock()
	if texts != nil {
		return texts, nil
	}
	if never {
		<-ctx.Done()
	}
	return nil, errors.New("there is no such file")
}

// Number implements bgfetch.Language.
func (l *Language) Number(lang string, value float64, _ int, unit string) string {
	return lang + ":" + strconv.FormatFloat(value, 'f', -1, 64) + unit
}
