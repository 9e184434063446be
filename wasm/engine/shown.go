package engine

import (
	"strconv"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// amount is how much of it is done, and how it stands, in a line. e.mu is held.
func (f *backgroundFetch) amount() string {
	state := &f.state
	var text string
	switch {
	case state.DownloadTotal > 0:
		text = amountOf(f.uploaded+f.downloaded, state.UploadTotal+state.DownloadTotal)
	case f.uploaded < state.UploadTotal:
		text = amountOf(f.uploaded, state.UploadTotal)
	default:
		text = amountOf(f.uploaded+f.downloaded, 0)
	}
	switch {
	case state.Result == bgfetch.ResultSuccess:
		return "✓ " + amountOf(f.uploaded+f.downloaded, 0)
	case state.Result == bgfetch.ResultFailure:
		return "✗ " + text
	case state.Paused:
		return "⏸ " + text
	}
	return text
}

// amountOf is "12 / 60 MB", or "12 MB" where the total is not known.
func amountOf(done, total int64) string {
	unit, name := int64(1), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if max(done, total) < unit*1000 {
			break
		}
		unit, name = unit*1000, next
	}
	text := inUnit(done, unit)
	if total > 0 {
		text += " / " + inUnit(total, unit)
	}
	return text + " " + name
}

// inUnit has one digit after the point where there is only one before it.
func inUnit(n, unit int64) string {
	tenths := (n*10 + unit/2) / unit
	if unit == 1 || tenths >= 100 || tenths%10 == 0 {
		return strconv.FormatInt((n+unit/2)/unit, 10)
	}
	return strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10)
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
