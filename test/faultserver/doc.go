// Package faultserver is an HTTP server that misbehaves on request. Every
// resource is configured by the query of its own URL, so a test written in any
// language says in one line what it downloads and what goes wrong on the way:
//
//	/file/<name>?size=67108864&seed=7&rate=8000000&cut=1000003,5000000
//
// The content is generated from its seed at any offset, so a resource of many
// GB costs no memory, and SHA256 says what must arrive. Each <name> has a state
// of its own: how often it was asked for, which faults happened already, and a
// log. Tests therefore use a new name each. Sizes and offsets are in bytes.
//
// # Resources: GET and HEAD /file/<name>
//
// What it is:
//
//	size=N          length of the content (0)
//	seed=N          which content (0)
//	text=1          letters a to p instead of all bytes (halved by gzip)
//	wav=1           its first 44 bytes are the head of a sound: 44,100 bytes a second
//	type=T          Content-Type (application/octet-stream)
//	disposition=D   Content-Disposition, its UTF-8 as it is (none)
//	cachecontrol=V  Cache-Control (no-store)
//
// How it is sent:
//
//	rate=N          bytes per second for each response (no limit)
//	link=N          bytes per second for all responses of the name together
//	linkname=NAME   ... and together with those of NAME, whose link it is: one way to
//	                a client for all that the client asks for
//	delay=MS        milliseconds before the head
//	chunked=1       no Content-Length
//	closedelimited=1
//	                neither Content-Length nor chunks: the body ends with the connection
//	connectionclose=1
//	                Connection: close, which says that it ends after the body
//	http10=1        the answer is HTTP/1.0, as of simple servers
//	contentlength=N a Content-Length that lies, of responses with all of the content:
//	                no more than N bytes of it are sent
//	norange=1       ignores Range: always 200 with everything
//	noetag=1, nolastmod=1, weaketag=1
//	gzip=1          Content-Encoding: gzip for a request without Range that
//	                accepts it, with a weak ETag; offsets and bytesSent then
//	                count encoded bytes
//	brotli=1        the same with Content-Encoding: br
//	stored=C        an object that is kept in the coding C, gzip or br, as object
//	                stores do: each answer is encoded and says so; its length,
//	                its strong ETag, ranges and offsets are of the encoded bytes
//	codingheader=V  Content-Encoding: V, which may be empty, whatever the bytes are
//	cors=1          Access-Control-Allow-Origin: *, and preflights succeed
//	corsorigin=1    ... only for a request with Origin, and without Vary
//	expose=A,B      Access-Control-Expose-Headers, with cors=1
//	timing=V        Timing-Allow-Origin: V
//	clock=SECONDS   the server's clock, of Date and retrydate, is so far ahead, or
//	                behind if that is negative
//	partvalidators=1
//	                ETag and Last-Modified only with 206
//	etagnode=N      N servers, each with an ETag of its own, take turns
//	rangecap=N      the answer to an open range is 206 with N bytes at most
//	redirect=URL    302 to URL, or redirectstatus=S
//	expires=MS      403 from then on, in ms since 1970: what is under way goes on
//	authorization=V 401 for a request whose Authorization is not V
//	cookie=NAME=V   401 for a request without this cookie
//
// Faults at an offset. N is an offset in the whole resource, also for a range;
// several are separated by commas. A fault happens when the byte at N would be
// sent, the bytes before it are sent. Each N happens cutcount times (1) for
// each name, and every time with cutcount=0.
//
//	cut=N           the connection is reset
//	stall=N         nothing more is sent until the client leaves
//	truncate=N      an orderly close too early: fewer bytes than
//	                Content-Length, or with chunked=1 a short but valid body
//	fin=N           an orderly close too early, with chunked=1 without the last chunk
//	corrupt=N       the byte at N is another one
//	down=N          the connection is reset, and each new one for downms=MS (10000)
//
// Another is measured in each answer: cuteach=N resets the connection after N bytes
// of every body that is longer.
//
// Faults by number of request. "after=N" means that the first N GET requests
// of the name are as usual and all later ones differ; 0 means from the first.
// HEAD does not count, and shows what the next GET would get.
//
//	etagafter=N     another ETag (and nothing else)
//	lastmodafter=N  another Last-Modified (and nothing else)
//	sizeafter=N     another length: newsize=M (size + 4096); the content that
//	                both lengths have is the same
//	replaceafter=N  another file: the content of seed+1, ETag, Last-Modified
//	replacequiet=1  ... but ETag and Last-Modified stay
//	status=S        answers S; with retryafter=SECONDS also Retry-After,
//	                with retrydate=SECONDS the same as a date
//	statusafter=N   ... only after N requests
//	statuscount=N   ... only for N requests (all)
//	corsafter=N     no CORS headers after N requests
//	redirectafter=N redirect only after N requests
//	cuthead=N       the connection is reset instead of the head, N times
//	once=1          the first request is answered, and all later ones with 403;
//	                HEAD counts
//
// Faults of the answer to a Range request:
//
//	rangefault=wrongstart      begins one byte later than asked, and says so
//	rangefault=wrongtotal      Content-Range with a complete length one too large
//	rangefault=unknowntotal    Content-Range: bytes a-b/*
//	rangefault=nocontentrange  206 without Content-Range
//	rangefault=unparsable      Content-Range: bytes what-ever/really
//	rangefault=short           206 for the first half of what was asked, and says so
//	rangefault=multipart       206 as multipart/byteranges
//	rangefaultcount=N          only for the first N answers (all)
//
// A parameter that is not listed here gives 400 and is named in the answer.
//
// # Uploads: POST, PUT and others to /upload/<name> or /file/<name>
//
// The body is read, counted, hashed and logged (for multipart/form-data each
// part too). The answer is JSON {"bytes","sha256","parts"}, or with size=N the
// content as for GET. All parameters above apply to the answer, and these to
// the body:
//
//	uploadrate=N    bytes per second at which the body is read
//	uploadcut=N     the connection is reset when N bytes of the body were read
//	                (cutcount applies)
//
// Each upload counts as a request for the "after" parameters.
//
// # Log
//
// A client can have its bytes a moment before the log says so.
//
//	GET    /__log__?name=<name>   JSON array of Entry, oldest first
//	GET    /__log__               JSON object of such arrays by name
//	DELETE /__log__[?name=<name>] forgets the log, the number of requests and
//	                              the faults that happened
//	GET    /__sha256__?size=N&seed=N[&text=1][&wav=1] or ?name=<mounted name>
//	                              SHA-256 of the content in hex, as text
//
// # Control
//
//	POST /__control__/cut[?name=<name>]          resets all connections that are
//	                                             sending: {"broken":n}
//	POST /__control__/stop?ms=N[&name=<name>]    resets them, and each new one
//	                                             for N ms (10000)
//	POST /__control__/start[?name=<name>]        ends that at once
//	POST /__control__/answer?status=S&ms=N[&retryafter=SECONDS][&name=<name>]
//	                                             answers each new request with S (503) for N
//	                                             ms (10000), as in a deploy; 200 is a page of
//	                                             HTML, as of a captive portal
//	GET  /__control__/state[?name=<name>]        {"stoppedMs":n,"sending":n}
//
// Log and control are never stopped, and answer every origin.
package faultserver
