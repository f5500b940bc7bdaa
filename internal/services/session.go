package services

import (
	"net/http"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Names of the cookie that carries a session's token.
const (
	SessionCookie    = "scaip"        // over plain HTTP on loopback
	SessionCookieTLS = "__Host-scaip" // over TLS
)

// A Session is what a service knows of a live session: its replica of auth's facts.
type Session struct {
	ID      string    `json:"id"` // event.SessionID of the token
	User    string    `json:"user"`
	Role    string    `json:"role"` // when the session was opened
	Expires time.Time `json:"expires"`
}

const sessions store.Table[Session] = "auth/sessions"

// ApplySession keeps the replica table "auth/sessions", which a Gate reads. A Machine calls it from Apply; it ignores every event but
// auth.session_opened and auth.session_closed.
func ApplySession(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case event.AuthSessionOpened{}.EventType():
		o, err := event.As[event.AuthSessionOpened](e)
		if err != nil {
			return err
		}
		return sessions.Put(tx, o.Session, Session{ID: o.Session, User: o.User, Role: o.Role, Expires: o.Expires})
	case event.AuthSessionClosed{}.EventType():
		c, err := event.As[event.AuthSessionClosed](e)
		if err != nil {
			return err
		}
		return sessions.Delete(tx, c.Session)
	}
	return nil
}

// SessionByID returns the session of this ID if it is open and has not expired at now.
func SessionByID(r store.Reader, id string, now time.Time) (Session, bool, error) {
	s, ok, err := sessions.Get(r, id)
	if err != nil || !ok || !now.Before(s.Expires) {
		return Session{}, false, err
	}
	return s, true, nil
}

// A Gate authenticates HTTP requests against a service's own replica of the open sessions.
type Gate struct {
	Store   store.Store
	Changed func() <-chan struct{} // Runner.Changed of the service that owns Store; nil: an unknown session is refused at once
	Now     func() time.Time       // time.Now if nil

	// Waiting bounds how many requests wait for their session at once: its capacity. Further ones are refused
	// at once. Nil: none waits. NewGate makes one.
	Waiting chan struct{}
}

const (
	gateWait    = time.Second // how long a request waits for its session to arrive here
	gateWaiters = 64
)

// NewGate returns a Gate whose requests wait up to a second, at most 64 at a time, for a session that auth has opened but of which this
// service has not heard yet.
func NewGate(s store.Store, changed func() <-chan struct{}, now func() time.Time) Gate {
	return Gate{Store: s, Changed: changed, Now: now, Waiting: make(chan struct{}, gateWaiters)}
}

// Token returns the session token that r carries, in Authorization: Bearer or in the cookie; "" if none.
func Token(r *http.Request) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	for _, name := range []string{SessionCookieTLS, SessionCookie} {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return c.Value
		}
	}
	return ""
}

// Authenticate returns the session that r presents, by bearer token or cookie. It waits up to a second for a session that is not known here
// (it may have been opened just now). Refusal(Unauthentic) if there is none or it has expired.
func (g Gate) Authenticate(r *http.Request) (Session, error) {
	refused := event.Refuse(event.Unauthentic, "Sign in first.")
	token := Token(r)
	if token == "" || len(token) > 256 {
		return Session{}, refused
	}
	id := event.SessionID(token)
	s, ok, err := g.find(id)
	if ok || err != nil || g.Changed == nil {
		return orRefused(s, ok, err, refused)
	}
	select {
	case g.Waiting <- struct{}{}:
		defer func() { <-g.Waiting }()
	default: // too many are waiting: strangers with made-up tokens must not hold up everything
		return Session{}, refused
	}
	patience := time.NewTimer(gateWait)
	defer patience.Stop()
	for {
		changed := g.Changed() // before looking, so that no change is missed
		if s, ok, err = g.find(id); ok || err != nil {
			return orRefused(s, ok, err, refused)
		}
		select {
		case <-changed:
		case <-patience.C:
			return Session{}, refused
		case <-r.Context().Done():
			return Session{}, r.Context().Err()
		}
	}
}

func orRefused(s Session, ok bool, err, refused error) (Session, error) {
	if err == nil && !ok {
		err = refused
	}
	return s, err
}

func (g Gate) find(id string) (s Session, ok bool, err error) {
	now := time.Now
	if g.Now != nil {
		now = g.Now
	}
	err = g.Store.View(func(r store.Reader) error {
		s, ok, err = SessionByID(r, id, now())
		return err
	})
	return s, ok, err
}
