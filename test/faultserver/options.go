package faultserver

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// never is the value of an "after" parameter that was not given, and always of
// a count that was not given.
const (
	never  = math.MaxInt
	always = math.MaxInt
)

// options is what the query of a resource says. The package comment describes
// the parameters.
type options struct {
	size, newSize            int64 // -1 when not given
	seed                     uint64
	text, wav                bool
	contentType, disposition string
	cacheControl             string

	rate, link, delay                int64
	linkName                         string
	chunked, closeDelimited, noRange bool
	connectionClose, http10          bool
	noETag, noLastModified, weakETag bool
	gzip, brotli, cors               bool
	stored                           string
	codingHeader                     optional
	corsOrigin, partValidators       bool
	expose, timing, redirect         string
	redirectAfter, cutHead           int
	redirectStatus                   int
	contentLength                    int64 // -1 when not given
	cut, stall, truncate, corrupt    []int64
	down, fin                        []int64
	cutEach                          int64 // -1 when not given
	downMS                           int64
	cutCount                         int // 0: every time
	etagAfter, lastModAfter          int
	etagNode                         int
	sizeAfter, replaceAfter          int
	replaceQuiet, once               bool
	status, statusAfter, statusCount int
	retryAfter                       string
	authorization, cookie            string
	expires                          int64 // -1 when not given
	retryDate                        int64 // -1 when not given
	clock                            time.Duration
	corsAfter                        int
	rangeFault                       string
	rangeFaultCount                  int
	rangeCap                         int64
	uploadRate                       int64
	uploadCut                        []int64
}

// optional is text that can be given and empty.
type optional struct {
	text  string
	given bool
}

// rangeFaults are the values of the parameter rangefault.
var rangeFaults = []string{
	"wrongstart", "wrongtotal", "unknowntotal", "nocontentrange", "unparsable", "short", "multipart",
}

// parseOptions reads the query of a resource. Its error lists every parameter
// that is unknown or cannot be understood.
func parseOptions(query url.Values) (options, error) {
	o := options{
		size: -1, newSize: -1, contentLength: -1, retryDate: -1, expires: -1, cutEach: -1,
		redirectStatus: 302, downMS: 10_000,
		contentType:  "application/octet-stream",
		cacheControl: "no-store",
		cutCount:     1,
		etagAfter:    never, lastModAfter: never, sizeAfter: never, replaceAfter: never, corsAfter: never,
		statusCount:     always,
		rangeFaultCount: always,
	}
	targets := o.targets()
	var problems []error
	for name, values := range query {
		target, known := targets[name]
		if !known {
			problems = append(problems, fmt.Errorf("unknown parameter %q", name))
			continue
		}
		if err := set(target, values[len(values)-1]); err != nil {
			problems = append(problems, fmt.Errorf("parameter %q: %w", name, err))
		}
	}
	if o.rangeFault != "" && !slices.Contains(rangeFaults, o.rangeFault) {
		problems = append(problems, fmt.Errorf("parameter \"rangefault\": unknown value %q", o.rangeFault))
	}
	if o.stored != "" && !slices.Contains(codings, o.stored) {
		problems = append(problems, fmt.Errorf("parameter \"stored\": unknown value %q", o.stored))
	}
	if o.status != 0 && (o.status < 200 || o.status > 999) {
		problems = append(problems, fmt.Errorf("parameter \"status\": %d is no final status", o.status))
	}
	if o.redirectStatus < 300 || o.redirectStatus > 399 {
		problems = append(problems, fmt.Errorf("parameter \"redirectstatus\": %d is no redirect", o.redirectStatus))
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return o, errors.Join(problems...)
}

// targets names the place in o for each parameter.
func (o *options) targets() map[string]any {
	return map[string]any{
		"size": &o.size, "newsize": &o.newSize, "seed": &o.seed, "text": &o.text, "wav": &o.wav,
		"type": &o.contentType, "disposition": &o.disposition, "cachecontrol": &o.cacheControl,
		"rate": &o.rate, "link": &o.link, "linkname": &o.linkName, "delay": &o.delay, "chunked": &o.chunked, "norange": &o.noRange,
		"closedelimited": &o.closeDelimited, "connectionclose": &o.connectionClose, "http10": &o.http10,
		"noetag": &o.noETag, "nolastmod": &o.noLastModified, "weaketag": &o.weakETag,
		"gzip": &o.gzip, "brotli": &o.brotli, "stored": &o.stored, "codingheader": &o.codingHeader,
		"cors": &o.cors, "corsorigin": &o.corsOrigin, "expose": &o.expose, "timing": &o.timing, "redirect": &o.redirect,
		"redirectafter": &o.redirectAfter, "redirectstatus": &o.redirectStatus, "contentlength": &o.contentLength,
		"down": &o.down, "downms": &o.downMS, "cuthead": &o.cutHead,
		"cut": &o.cut, "stall": &o.stall, "truncate": &o.truncate, "corrupt": &o.corrupt, "cutcount": &o.cutCount,
		"fin": &o.fin, "cuteach": &o.cutEach,
		"partvalidators": &o.partValidators, "etagnode": &o.etagNode, "etagafter": &o.etagAfter, "lastmodafter": &o.lastModAfter,
		"sizeafter": &o.sizeAfter, "replaceafter": &o.replaceAfter,
		"replacequiet": &o.replaceQuiet, "once": &o.once,
		"status": &o.status, "statusafter": &o.statusAfter, "statuscount": &o.statusCount,
		"authorization": &o.authorization, "cookie": &o.cookie, "expires": &o.expires,
		"retryafter": &o.retryAfter, "retrydate": &o.retryDate, "corsafter": &o.corsAfter,
		"clock":      &o.clock,
		"rangefault": &o.rangeFault, "rangefaultcount": &o.rangeFaultCount, "rangecap": &o.rangeCap,
		"uploadrate": &o.uploadRate, "uploadcut": &o.uploadCut,
	}
}

// set parses value into what target points to. No number is negative, but a
// duration, in seconds, can be.
func set(target any, value string) error {
	switch target := target.(type) {
	case *string:
		*target = value
	case *optional:
		*target = optional{value, true}
	case *time.Duration:
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return fmt.Errorf("%q is not a number of seconds", value)
		}
		*target = time.Duration(n) * time.Second
	case *bool:
		if value != "0" && value != "1" {
			return fmt.Errorf("%q is neither 0 nor 1", value)
		}
		*target = value == "1"
	case *uint64:
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", value)
		}
		*target = n
	case *int64:
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil {
			return fmt.Errorf("%q is not a number", value)
		}
		*target = int64(n)
	case *int:
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("%q is not a number", value)
		}
		*target = int(n)
	case *[]int64:
		for part := range strings.SplitSeq(value, ",") {
			var n int64
			if err := set(&n, part); err != nil {
				return err
			}
			*target = append(*target, n)
		}
	}
	return nil
}

// statusApplies tells whether request number (from 1) is answered with o.status.
func (o *options) statusApplies(number int) bool {
	return o.status != 0 && number > o.statusAfter && number-o.statusAfter <= o.statusCount
}

// corsApplies tells whether request number (from 1) gets CORS headers.
func (o *options) corsApplies(number int) bool {
	return o.cors && number <= o.corsAfter
}
