package main

import (
	"context"
	"net/url"
	"strings"

	"scaip/internal/client"
	"scaip/internal/event"
)

// A page is the part of a list that one answer holds.
type page struct {
	Users  []client.User  `json:"users,omitempty"`
	Groups []client.Group `json:"groups,omitempty"`
	Calls  []client.Call  `json:"calls,omitempty"`
	Next   string         `json:"next"`
}

// pages calls f with one page after the other until there are no more, or f returns false.
func pages(ctx context.Context, a *client.Admin, path string, f func(page) bool) error {
	for after := ""; ; {
		q := url.Values{"limit": {"1000"}}
		if after != "" {
			q.Set("after", after)
		}
		var p page
		if err := a.Do(ctx, "GET", path+"?"+q.Encode(), nil, &p); err != nil {
			return err
		}
		if !f(p) || p.Next == "" {
			return nil
		}
		after = p.Next
	}
}

// allUsers lists all users.
func allUsers(ctx context.Context, a *client.Admin) (all []client.User, err error) {
	all = []client.User{}
	err = pages(ctx, a, "/admin/users", func(p page) bool { all = append(all, p.Users...); return true })
	return all, err
}

// findUser finds a user by login or ID; a login goes first.
func findUser(ctx context.Context, a *client.Admin, name string) (client.User, error) {
	all, err := allUsers(ctx, a)
	if err != nil {
		return client.User{}, err
	}
	for _, u := range all {
		if u.Login == strings.ToLower(name) {
			return u, nil
		}
	}
	for _, u := range all {
		if u.ID == name {
			return u, nil
		}
	}
	return client.User{}, event.Refuse(event.NotFound, "There is no user "+name+". (scaipd user ls lists them.)")
}

// findGroup finds a group by its ID, or by its name if no other has it; the daemon does.
func findGroup(ctx context.Context, a *client.Admin, name string) (g client.GroupDetail, err error) {
	err = a.Do(ctx, "GET", "/admin/groups/"+url.PathEscape(name), nil, &g)
	return g, err
}
