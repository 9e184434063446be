//go:build js && wasm

package browser

import (
	"context"
	"strconv"

	"github.com/hack-pad/safejs"

	"background-fetch-wasm/wasm/bgfetch"
)

// Language is bgfetch.Language by the browser's Intl, and by files that the host reads.
type Language struct {
	Bridge *Bridge
}

var _ bgfetch.Language = Language{}

// OfBrowser is the language that the browser is in, "" where it names none.
func (l Language) OfBrowser() string {
	tag, err := stringProperty(l.Bridge.navigator, "language")
	if err != nil || !bgfetch.IsLanguageTag(tag) {
		return ""
	}
	return tag
}

type textsArgs struct {
	File string `json:"file"`
}

// Texts implements bgfetch.Language.
func (l Language) Texts(ctx context.Context, file string) (map[string]bgfetch.Text, error) {
	var texts map[string]bgfetch.Text
	err := l.Bridge.call(ctx, "texts", textsArgs{file}, &texts)
	return texts, err
}

// Number implements bgfetch.Language.
func (l Language) Number(lang string, value float64, digits int, unit string) string {
	text, err := format(lang, value, digits, unit)
	if err != nil { // it does not know the language, or the unit
		return strconv.FormatFloat(value, 'f', -1, 64) + " " + unit
	}
	return text
}

func format(lang string, value float64, digits int, unit string) (string, error) {
	options := map[string]any{"maximumFractionDigits": digits}
	if unit != "" {
		options["style"], options["unit"] = "unit", unit
	}
	intl, err := safejs.Global().Get("Intl")
	if err != nil {
		return "", err
	}
	constructor, err := intl.Get("NumberFormat")
	if err != nil {
		return "", err
	}
	formatter, err := constructor.New(lang, options)
	if err != nil {
		return "", err
	}
	text, err := formatter.Call("format", value)
	if err != nil {
		return "", err
	}
	return text.String()
}
