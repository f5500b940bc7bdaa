package query

import "scaip/internal/store"

// GroupOfCall returns the group of a call, and its name; both empty if the call is not known.
func GroupOfCall(r store.Reader, id string) (group, name string, err error) {
	c, ok, err := tableCalls.Get(r, id)
	if err != nil || !ok {
		return "", "", err
	}
	g, _, err := tableGroups.Get(r, c.Group)
	return c.Group, g.Name, err
}
