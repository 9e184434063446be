package bgfetch

import "net/http"

// Problem is the reply to a request that failed.
//
// Source: RFC 9457
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Error is the name of the exception that a page is to see.
	Error ErrorName `json:"error"`
}

// ProblemType is the media type of a Problem.
const ProblemType = "application/problem+json"

// NewProblem returns the problem that has nothing but a status, an exception and a
// sentence for people.
func NewProblem(status int, exception ErrorName, detail string) Problem {
	return Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Error: exception}
}
