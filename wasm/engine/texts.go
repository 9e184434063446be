package engine

import (
	"cmp"
	"context"
	"maps"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

const (
	// textsLimit is how long a file with texts may take to come.
	textsLimit = 20 * time.Second
	// textsAgain is how long one that could not be had is not asked for again.
	textsAgain = 5 * time.Minute
)

// english is what is shown says in English.
var english = map[string]string{"abort": "Abort", "pause": "Pause", "resume": "Resume", "agree": "Download"}

// textFile is a file with the texts of a language.
type textFile struct {
	// done is closed when it has come, or has failed.
	done chan struct{}
	// texts are nil until it has come.
	texts map[string]bgfetch.Text
	// failed is when it has failed.
	failed time.Time
}

// noTexts is the file of a language that has none.
var noTexts = &textFile{done: closed()}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// Lang is the language of whoever does not say, as a BCP 47 tag.
func (e *Engine) Lang() string { return e.options.Lang }

// Texts are those of a language, where lang is "" of that which the site, or the browser, has. Waits
// for the file until ctx ends.
func (e *Engine) Texts(ctx context.Context, lang string) bgfetch.Spoken {
	lang = cmp.Or(lang, e.options.Lang)
	e.mu.Lock()
	file := e.textFile(lang)
	e.mu.Unlock()
	select {
	case <-file.done:
	case <-ctx.Done():
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	spoken := bgfetch.Spoken{Lang: lang, Texts: map[string]bgfetch.Text{}}
	spoken.Missing = file != noTexts && file.texts == nil
	maps.Copy(spoken.Texts, file.texts)
	for _, tag := range tagsOf(lang) {
		maps.Copy(spoken.Texts, e.options.Texts[tag])
	}
	return spoken
}

// textFile is that of a language, which is begun to be read if nobody has done so. e.mu is held.
func (e *Engine) textFile(lang string) *textFile {
	name := bgfetch.TextsFile(lang)
	if name == "" || e.Language == nil {
		return noTexts
	}
	file := e.textFiles[name]
	if file != nil && (file.failed.IsZero() || time.Since(file.failed) < textsAgain) {
		return file
	}
	file = &textFile{done: make(chan struct{})}
	e.textFiles[name] = file
	e.goWork(func() { e.readTexts(name, file) })
	return file
}

// readTexts reads a file, and shows what is shown in that language again.
func (e *Engine) readTexts(name string, file *textFile) {
	ctx, cancel := context.WithTimeout(e.ctx, textsLimit)
	defer cancel()
	texts, err := e.Language.Texts(ctx, name)
	e.mu.Lock()
	defer e.mu.Unlock()
	defer close(file.done)
	if err != nil {
		file.failed = time.Now()
		e.log.Add(bgfetch.LogEntry{Event: bgfetch.LogError, Detail: name + " could not be had: " + err.Error()})
		return
	}
	file.texts = texts
	if name != bgfetch.TextsFile(e.options.Lang) {
		return
	}
	for _, f := range e.active {
		e.presenter.touch(f)
	}
}

// action is one that the user can do, with the text that it has for now. e.mu is held.
func (e *Engine) action(action bgfetch.ActionName, text string) bgfetch.Action {
	title := e.textFile(e.options.Lang).texts[text]
	for _, tag := range tagsOf(e.options.Lang) {
		if own, ok := e.options.Texts[tag][text]; ok {
			title = own
		}
	}
	return bgfetch.Action{Action: action, Title: cmp.Or(title[bgfetch.OtherForm], english[text])}
}

// tagsOf are the tags under which a site may have texts for a language: of de-AT they are de and de-at,
// the second of which counts more.
func tagsOf(lang string) []string {
	var tags []string
	tag := ""
	for part := range strings.SplitSeq(strings.ToLower(lang), "-") {
		tag = strings.TrimPrefix(tag+"-"+part, "-")
		tags = append(tags, tag)
	}
	return tags
}
