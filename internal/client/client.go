// Package client is a Scaip client in Go: the HTTP requests, the socket of commands and events, the media sockets, and the
// administrator's socket (docs/protocol.md). The bot, the benchmarks and the tests are built on it.
//
// It guarantees what a good client owes the server and its user: a command is sent again under its ID until it is answered, the event
// socket resumes after a break without gap or repeat, a refusal comes back as an event.Refusal, and everything ends with its ctx.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"scaip/internal/event"
)

// A Client speaks for one user. Fill URL, and Token if there is a session already, before the first use; Login and Register set it.
// Its methods may be called from any goroutine once Token is set.
type Client struct {
	URL   string       // "http://127.0.0.1:8080"
	Token string       // the session's
	HTTP  *http.Client // nil: http.DefaultClient
}

// Session is who one is.
type Session struct {
	User    string    `json:"user"`
	Login   string    `json:"login"`
	Name    string    `json:"name"`
	Role    string    `json:"role"`
	Expires time.Time `json:"expires"`
}

type account struct {
	Token    string `json:"token,omitempty"` // of the setup link
	Login    string `json:"login"`
	Password string `json:"password"`
	Name     string `json:"name,omitempty"`
	Bearer   bool   `json:"bearer"`
}

// Setup makes the first administrator with the token of the setup link, and is signed in then.
func (c *Client) Setup(ctx context.Context, token, login, password string) (Session, error) {
	return c.enter(ctx, "setup", account{Token: token, Login: login, Password: password, Name: login, Bearer: true})
}

// Register makes an account, if registration is open, and is signed in then.
func (c *Client) Register(ctx context.Context, login, password, name string) (Session, error) {
	return c.enter(ctx, "register", account{Login: login, Password: password, Name: name, Bearer: true})
}

// Login signs in.
func (c *Client) Login(ctx context.Context, login, password string) (Session, error) {
	return c.enter(ctx, "login", account{Login: login, Password: password, Bearer: true})
}

func (c *Client) enter(ctx context.Context, how string, a account) (Session, error) {
	var out struct {
		Session
		Token string `json:"token"`
	}
	if err := c.do(ctx, "POST", "/api/auth/"+how, a, &out); err != nil {
		return Session{}, err
	}
	c.Token = out.Token
	return out.Session, nil
}

// Logout ends the session.
func (c *Client) Logout(ctx context.Context) error {
	return c.do(ctx, "POST", "/api/auth/logout", struct{}{}, nil)
}

// Who returns one's session; nil if there is none.
func (c *Client) Who(ctx context.Context) (*Session, error) {
	var out struct {
		Session *Session `json:"session"`
	}
	err := c.do(ctx, "GET", "/api/auth/session", nil, &out)
	return out.Session, err
}

// do makes a request: in as JSON unless nil, the answer into out unless nil. A refusal of the server is an event.Refusal.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	resp, err := c.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	} else {
		err = json.NewDecoder(resp.Body).Decode(out)
	}
	if err != nil {
		return fmt.Errorf("%s %s: read answer: %w", method, path, err)
	}
	return nil
}

// send makes a request; the caller closes the body of the answer, whose status is 2xx.
func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	return c.sendWith(ctx, method, path, nil, in)
}

// sendWith is send with more headers.
func (c *Client) sendWith(ctx context.Context, method, path string, more http.Header, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	maps.Copy(req.Header, more)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := c.http().Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	var refusal event.Refusal
	if json.Unmarshal(raw, &refusal) == nil && refusal.Code != "" {
		return nil, fmt.Errorf("%s %s: %w", method, path, refusal)
	}
	return nil, fmt.Errorf("%s %s: status %s: %.200s", method, path, resp.Status, strings.TrimSpace(string(raw)))
}

func (c *Client) http() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return http.DefaultClient
}

// header is what a socket's handshake carries.
func (c *Client) header() http.Header {
	h := http.Header{}
	if c.Token != "" {
		h.Set("Authorization", "Bearer "+c.Token)
	}
	return h
}

// query returns "?a=b&…" of the pairs whose value is not empty.
func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}
