package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"scaip/internal/event"
)

// Admin is the administrator's client: HTTP over the daemon's unix socket, to which the file system lets only the daemon's user.
type Admin struct{ c Client }

// NewAdmin returns a client of the daemon whose socket is at path. Nothing is dialled yet.
func NewAdmin(path string) *Admin {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return &Admin{Client{URL: "http://localhost", HTTP: &http.Client{Transport: &http.Transport{DialContext: dial}}}}
}

// Do makes a request of the socket's API: in as JSON unless nil, the answer into out unless nil.
func (a *Admin) Do(ctx context.Context, method, path string, in, out any) error {
	return a.c.do(ctx, method, path, in, out)
}

// Get makes a request whose answer is not JSON. The caller closes the body.
func (a *Admin) Get(ctx context.Context, path string) (*http.Response, error) {
	return a.c.send(ctx, "GET", path, nil)
}

// AddUser makes an account; role is event.RoleUser or event.RoleAdmin. It returns the user's ID.
func (a *Admin) AddUser(ctx context.Context, login, password, name, role string) (string, error) {
	in := struct {
		Login    string `json:"login"`
		Name     string `json:"name,omitempty"`
		Password string `json:"password"`
		Role     string `json:"role,omitempty"`
	}{login, name, password, role}
	var out struct {
		User string `json:"user"`
	}
	err := a.Do(ctx, "POST", "/admin/users", in, &out)
	return out.User, err
}

// Session opens a session for a user, named by login or ID, and returns its token. ttl is a duration such as "12h"; empty: a day.
func (a *Admin) Session(ctx context.Context, user, ttl string) (string, Session, error) {
	in := struct {
		User string `json:"user"`
		TTL  string `json:"ttl,omitempty"`
	}{user, ttl}
	var out struct {
		Token   string  `json:"token"`
		Session Session `json:"session"`
	}
	err := a.Do(ctx, "POST", "/admin/sessions", in, &out)
	return out.Token, out.Session, err
}

// Command sends a command on behalf of a user (login or ID; empty: the daemon) and returns the events that answer it.
func (a *Admin) Command(ctx context.Context, as string, body event.Body) ([]event.Envelope, error) {
	in := struct {
		As   string     `json:"as"`
		Type string     `json:"type"`
		Body event.Body `json:"body"`
	}{as, body.EventType(), body}
	var raw json.RawMessage
	if err := a.Do(ctx, "POST", "/admin/command", in, &raw); err != nil {
		return nil, err
	}
	var list []event.Envelope
	if json.Unmarshal(raw, &list) == nil {
		return list, nil
	}
	var out struct {
		Events []event.Envelope `json:"events"`
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("send %s: read answer: %w", body.EventType(), err)
	}
	return out.Events, nil
}

// PrepareReplay is Client.PrepareReplay without being a member.
func (a *Admin) PrepareReplay(ctx context.Context, call string, o ReplayOptions, progress func(float64)) (ReplayStatus, error) {
	return a.c.prepare(ctx, "/admin/calls/"+url.PathEscape(call)+"/replay", o, progress)
}

// Download is Client.Download.
func (a *Admin) Download(ctx context.Context, s ReplayStatus, w io.Writer) error {
	return a.c.Download(ctx, s, w)
}

// Resume is Client.Resume.
func (a *Admin) Resume(ctx context.Context, s ReplayStatus, f io.ReadWriter, progress func(bytes int64)) error {
	return a.c.Resume(ctx, s, f, progress)
}
