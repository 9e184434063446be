package faultserver

import (
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
)

// multipartBoundary separates the parts of multipart/byteranges.
const multipartBoundary = "faultserver-part"

// sendPartial answers with 206, and with what rangefault makes of it.
func (a *answer) sendPartial(source Source, part span) Outcome {
	rangeFault := a.options.rangeFault
	if rangeFault != "" && a.server.journal.takeRangeAnswer(a.name) > a.options.rangeFaultCount {
		rangeFault = ""
	}
	total := fmt.Sprint(source.Size())
	switch rangeFault {
	case "wrongstart":
		part.start = min(part.start+1, part.end)
	case "wrongtotal":
		total = fmt.Sprint(source.Size() + 1)
	case "unknowntotal":
		total = "*"
	case "short":
		part.end = part.start + (part.length()+1)/2
	case "multipart":
		return a.sendMultipart(source, part)
	}
	header := a.w.Header()
	header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", part.start, part.end-1, total))
	switch rangeFault {
	case "nocontentrange":
		header.Del("Content-Range")
	case "unparsable":
		header.Set("Content-Range", "bytes what-ever/really")
	}
	return a.sendBody(http.StatusPartialContent, part.length(), part, func(b *body) error {
		return copySpan(b, source, part)
	})
}

// sendMultipart wraps a single range as servers do that were asked for several.
func (a *answer) sendMultipart(source Source, part span) Outcome {
	partHeader := textproto.MIMEHeader{
		"Content-Type":  {a.options.contentType},
		"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", part.start, part.end-1, source.Size())},
	}
	var overhead counter
	frame := multipart.NewWriter(&overhead)
	_ = frame.SetBoundary(multipartBoundary)
	_, _ = frame.CreatePart(partHeader)
	_ = frame.Close()

	a.w.Header().Set("Content-Type", "multipart/byteranges; boundary="+multipartBoundary)
	return a.sendBody(http.StatusPartialContent, part.length()+int64(overhead), part, func(b *body) error {
		writer := multipart.NewWriter(b)
		if err := writer.SetBoundary(multipartBoundary); err != nil {
			return err
		}
		content, err := writer.CreatePart(partHeader)
		if err != nil {
			return err
		}
		if err := copySpan(content, source, part); err != nil {
			return err
		}
		return writer.Close()
	})
}
