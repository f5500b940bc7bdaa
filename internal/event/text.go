package event

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Ask decodes the body of the command e, whose Type must be B's. A body that is malformed (no JSON, another shape, not
// UTF-8) is a Refusal: the fault is the asker's, not the operator's.
func Ask[B Body](e Envelope) (B, error) {
	var zero B
	if want := zero.EventType(); e.Type != want {
		return zero, fmt.Errorf("decode %s: it is a %s", want, e.Type)
	}
	if !utf8.Valid(e.Body) {
		return zero, Refuse(Invalid, "The request is not valid UTF-8.")
	}
	b, err := As[B](e)
	if err != nil {
		return zero, Refuse(Invalid, "The request is malformed.")
	}
	return b, nil
}

// CheckID refuses what can't be an ID (see [ValidID]). what names the thing in the sentence: "group".
func CheckID(what, id string) error {
	if !ValidID(id) {
		return Refuse(Invalid, fmt.Sprintf("This is not the ID of a %s.", what))
	}
	return nil
}

// Line returns s without space around it, if it can stand in one line for all to see: valid UTF-8, at most max
// characters, none of which is a control character, a line break, or one that turns the direction of its neighbours'
// text (which lets a name pose as another). what names it in the Refusal: "name".
func Line(what, s string, max int) (string, error) {
	return clean(what, s, max, func(c rune) bool {
		return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029'
	})
}

// Paragraphs is Line for a text of several lines: line breaks and tabs may stay, "\r\n" becomes "\n".
func Paragraphs(what, s string, max int) (string, error) {
	return clean(what, strings.ReplaceAll(s, "\r\n", "\n"), max, func(c rune) bool {
		return unicode.IsControl(c) && c != '\n' && c != '\t'
	})
}

func clean(what, s string, max int, bad func(rune) bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", Refuse(Invalid, fmt.Sprintf("The %s is not valid UTF-8.", what))
	}
	s = strings.TrimSpace(s)
	if strings.ContainsFunc(s, bad) {
		return "", Refuse(Invalid, fmt.Sprintf("The %s holds control characters.", what))
	}
	if n := utf8.RuneCountInString(s); n > max {
		return "", Refuse(Invalid, fmt.Sprintf("The %s is too long: %d characters, at most %d.", what, n, max))
	}
	return s, nil
}

// NotEmpty refuses an empty s; Line and Paragraphs let it pass.
func NotEmpty(what, s string) error {
	if s == "" {
		return Refuse(Invalid, fmt.Sprintf("The %s is empty.", what))
	}
	return nil
}

// Name returns a display name or a group's name in its clean form: 1 to 64 characters (see [Line]).
func Name(s string) (string, error) {
	s, err := Line("name", s, 64)
	if err != nil {
		return "", err
	}
	return s, NotEmpty("name", s)
}
