package engine

import (
	"strconv"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// amount is how much of it is done, and how it stands, in a line. e.mu is held.
func (f *backgroundFetch) amount() string {
	e, state := f.engine, &f.state
	var text string
	switch {
	case state.DownloadTotal > 0:
		text = e.amountOf(f.uploaded+f.downloaded, state.UploadTotal+state.DownloadTotal)
	case f.uploaded < state.UploadTotal:
		text = e.amountOf(f.uploaded, state.UploadTotal)
	default:
		text = e.amountOf(f.uploaded+f.downloaded, 0)
	}
	switch {
	case state.Result == bgfetch.ResultSuccess:
		return "✓ " + e.amountOf(f.uploaded+f.downloaded, 0)
	case state.Result == bgfetch.ResultFailure:
		return "✗ " + text
	case state.Paused:
		return "⏸ " + text
	}
	return text
}

// units are those of ECMA-402, and how they are written where nobody knows the language.
var units = []struct{ name, short string }{
	{"byte", "B"}, {"kilobyte", "kB"}, {"megabyte", "MB"}, {"gigabyte", "GB"}, {"terabyte", "TB"},
}

// amountOf is "12 / 60 MB", or "12 MB" where the total is not known, in the language of what is shown.
func (e *Engine) amountOf(done, total int64) string {
	unit, power := int64(1), 0
	for power+1 < len(units) && max(done, total) >= unit*1000 {
		unit, power = unit*1000, power+1
	}
	if total > 0 {
		return e.inUnit(done, unit, "") + " / " + e.inUnit(total, unit, units[power].name)
	}
	return e.inUnit(done, unit, units[power].name)
}

// inUnit has one digit after the point where there is only one before it. name is that of the unit,
// "" where it is not written.
func (e *Engine) inUnit(n, unit int64, name string) string {
	tenths := (n*10 + unit/2) / unit
	digits := 1
	if unit == 1 || tenths >= 100 {
		tenths, digits = (n+unit/2)/unit*10, 0
	}
	if e.Language != nil {
		return e.Language.Number(e.options.Lang, float64(tenths)/10, digits, name)
	}
	text := strconv.FormatFloat(float64(tenths)/10, 'f', -1, 64)
	for _, u := range units {
		if u.name == name {
			text += " " + u.short
		}
	}
	return text
}

// iconSize is what notifications show at most, on any screen, in pixels.
const iconSize = 192

// chooseIcon gives the URL of the smallest image that is large enough, or else of
// the largest. One that fits any size is large enough.
func chooseIcon(icons []bgfetch.Image) string {
	var chosen string
	best := -1
	for _, icon := range icons {
		size := largestSize(icon.Sizes)
		better := size > best
		if best >= iconSize {
			better = size >= iconSize && size < best
		}
		if better {
			chosen, best = icon.Src, size
		}
	}
	return chosen
}

// largestSize is the largest width in a list of sizes, 0 where there is none.
//
// Source: https://html.spec.whatwg.org/#attr-link-sizes
func largestSize(sizes string) int {
	largest := 0
	for size := range strings.FieldsSeq(strings.ToLower(sizes)) {
		if size == "any" {
			return 1 << 20
		}
		width, _, ok := strings.Cut(size, "x")
		if n, err := strconv.Atoi(width); ok && err == nil {
			largest = max(largest, n)
		}
	}
	return largest
}
