package edge

import (
	"strconv"
	"strings"

	"scaip/internal/event"
)

// attempt is a page's attempt to open a socket: the parameter "attempt", page.number. A page that gives an attempt up and makes another can't
// know which of the two the server sees first.
type attempt struct {
	page   string // "" if the parameter is missing
	number int    // from 1
}

// maxPage bounds what a page calls itself, in bytes.
const maxPage = 64

// parseAttempt reads the parameter; it may be empty. The error is a Refusal.
func parseAttempt(s string) (attempt, error) {
	if s == "" {
		return attempt{}, nil
	}
	page, number, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || page == "" || len(page) > maxPage {
		return attempt{}, event.Refuse(event.Invalid, "attempt must be a page's name of at most 64 bytes, a point, and a number from 1 on.")
	}
	return attempt{page, n}, nil
}

// before says whether b is a later attempt of the same page.
func (a attempt) before(b attempt) bool {
	return a.page != "" && a.page == b.page && a.number < b.number
}
