package event

import "errors"

// A Code says in one word why a command or request was refused. Each has one HTTP status and one exit code.
type Code string

// The codes. Nothing else is ever sent.
const (
	Invalid     Code = "invalid"     // the request is malformed or out of bounds: 400, exit 2
	Unauthentic Code = "unauthentic" // no session, or an expired one: 401, exit 4
	Denied      Code = "denied"      // the session may not do this: 403, exit 4
	NotFound    Code = "not_found"   // no such thing, or none that the actor may know of: 404, exit 3
	Conflict    Code = "conflict"    // it contradicts the present state: 409, exit 5
	TooMany     Code = "too_many"    // too fast or too much; try later: 429, exit 5
	Unavailable Code = "unavailable" // disk full, shutting down: 503, exit 6
)

// A Refusal is an error for the user: Text is a sentence that may be shown as it is. Any other error is the
// operator's and is never shown to a user.
type Refusal struct {
	Code Code   `json:"code"`
	Text string `json:"text"`
}

func (r Refusal) Error() string { return string(r.Code) + ": " + r.Text }

// Refuse returns a Refusal as an error.
func Refuse(code Code, text string) error { return Refusal{Code: code, Text: text} }

// AsRefusal finds a Refusal in err's chain.
func AsRefusal(err error) (Refusal, bool) {
	var r Refusal
	ok := errors.As(err, &r)
	return r, ok
}

// HTTPStatus is the status that answers a request refused with c.
func (c Code) HTTPStatus() int {
	switch c {
	case Invalid:
		return 400
	case Unauthentic:
		return 401
	case Denied:
		return 403
	case NotFound:
		return 404
	case Conflict:
		return 409
	case TooMany:
		return 429
	}
	return 503
}

// ExitCode is the exit code of a command that was refused with c.
func (c Code) ExitCode() int {
	switch c {
	case Invalid:
		return 2
	case Unauthentic, Denied:
		return 4
	case NotFound:
		return 3
	case Conflict, TooMany:
		return 5
	}
	return 6
}
