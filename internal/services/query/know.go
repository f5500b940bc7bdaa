package query

import (
	"time"

	"scaip/internal/store"
)

// Known is what names a call to people.
type Known struct {
	Group string // its ID; empty if the call is not known
	Name  string // of the group
	Title string
	Start time.Time
}

// Know says what names a call.
func Know(r store.Reader, id string) (Known, error) {
	c, ok, err := tableCalls.Get(r, id)
	if err != nil || !ok {
		return Known{}, err
	}
	g, _, err := tableGroups.Get(r, c.Group)
	return Known{Group: c.Group, Name: g.Name, Title: c.Title, Start: c.Start}, err
}
