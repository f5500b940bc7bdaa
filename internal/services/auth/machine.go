// Package auth owns accounts, credentials and sessions, and authorises every command that a client sends.
//
// It guarantees: secrets (passwords, their hashes, tokens) never enter the log and are never logged; a command reaches the other
// services only if its session was alive when it came in, its user is enabled and its role suffices; a session that is logged out,
// disabled, outdated by a new password or expired is closed by an event, on which all sockets of it close.
//
// [Machine] is the domain logic. Only events write its tables "auth/…" and "users/…", so a store rebuilt from the event store equals
// the live one; the hashes of passwords are in "secret/passwords", which no event describes. [HTTP] is the surface.
package auth

import (
	"fmt"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
)

// Limits of sessions.
const (
	SessionLife = 30 * 24 * time.Hour // a session expires that long after it was opened
	MaxSessions = 50                  // a user has; the newest closes the oldest
	maxDue      = 500                 // sessions that one tick closes
	maxAgent    = 200                 // characters that are kept of a User-Agent
)

// Machine is auth's domain logic: a [services.Machine], Ticker and Forwarder.
type Machine struct{}

// New returns the machine of auth.
func New() *Machine { return &Machine{} }

// Name implements [services.Machine].
func (*Machine) Name() string { return "auth" }

// ForwardTo is where commands go that [Machine.Pass] lets pass.
func (*Machine) ForwardTo() log.Topic { return services.Inbox("dispatch") }

// Decide implements [services.Machine]. Commands of auth come from [HTTP] through the runner and have the actor
// event.System without a session; from anybody else they are refused.
func (*Machine) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	if _, command := event.CommandAccess()[e.Type]; command && (e.Actor != event.System || e.Session != "") {
		return nil, event.Refuse(event.Denied, "Only the daemon itself may do this.")
	}
	switch e.Type {
	case "auth.register":
		return register(r, e)
	case "auth.open_session":
		return openSession(r, e)
	case "auth.close_session":
		return closeSession(r, e)
	case "auth.change_password":
		return changePassword(r, e)
	case "auth.tick":
		return closeDue(r, e)
	case "users.disabled":
		b, err := event.As[event.UsersDisabled](e)
		if err != nil {
			return nil, err
		}
		return closeAll(r, b.User, "", "disabled")
	}
	return nil, nil
}

func register(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.AuthRegister](e)
	if err != nil {
		return nil, err
	}
	if err := checkLogin(b.Login); err != nil {
		return nil, err
	}
	if b.Name == "" {
		b.Name = b.Login
	}
	if b.Name, err = event.Name(b.Name); err != nil {
		return nil, err
	}
	if b.Role != event.RoleUser && b.Role != event.RoleAdmin {
		return nil, event.Refuse(event.Invalid, "The role is neither user nor admin.")
	}
	if taken, err := logins.Has(r, b.Login); err != nil {
		return nil, err
	} else if taken {
		return nil, event.Refuse(event.Conflict, "This login is taken.")
	}
	return []event.Body{event.AuthRegistered{User: userID(e), Login: b.Login, Name: b.Name, Role: b.Role}}, nil
}

// userID is the ID of the user whom the command register makes.
func userID(register event.Envelope) string { return event.DeriveID(register, "user") }

// checkLogin refuses what can't be a login: 2 to 32 of [a-z0-9._-], the first a letter.
func checkLogin(s string) error {
	ok := len(s) >= 2 && len(s) <= 32 && 'a' <= s[0] && s[0] <= 'z'
	for _, c := range []byte(s) {
		ok = ok && ('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-')
	}
	if !ok {
		return event.Refuse(event.Invalid, "A login is 2 to 32 of a–z, 0–9, dot, dash and underscore, and begins with a letter.")
	}
	return nil
}

func openSession(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.AuthOpenSession](e)
	if err != nil {
		return nil, err
	}
	if err := event.CheckID("session", b.Session); err != nil {
		return nil, err
	}
	if d := b.Expires.Sub(e.At); d <= 0 || d > SessionLife {
		return nil, event.Refuse(event.Invalid, "A session lasts more than nothing and at most 30 days.")
	}
	a, err := activeAccount(r, b.User)
	if err != nil {
		return nil, err
	}
	if known, err := sessions.Has(r, b.Session); err != nil || known {
		return nil, err
	}
	open, err := sessionsOf(r, b.User)
	if err != nil {
		return nil, err
	}
	var bodies []event.Body
	for len(open) >= MaxSessions {
		bodies = append(bodies, event.AuthSessionClosed{Session: open[0], User: b.User, Reason: "replaced"})
		open = open[1:]
	}
	return append(bodies, event.AuthSessionOpened{
		Session: b.Session, User: b.User, Role: a.Role, Expires: b.Expires.UTC(), Agent: cut(b.Agent, maxAgent),
	}), nil
}

// activeAccount returns the account of user, unless he is unknown or disabled.
func activeAccount(r store.Reader, user string) (account, error) {
	a, ok, err := accounts.Get(r, user)
	if err != nil {
		return a, err
	}
	if !ok {
		return a, event.Refuse(event.NotFound, "There is no such user.")
	}
	barred, err := disabled.Has(r, user)
	if err == nil && barred {
		err = event.Refuse(event.Denied, "This account is disabled.")
	}
	return a, err
}

func closeSession(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.AuthCloseSession](e)
	if err != nil {
		return nil, err
	}
	s, ok, err := sessions.Get(r, b.Session)
	if err != nil || !ok {
		return nil, err
	}
	return []event.Body{event.AuthSessionClosed{Session: s.ID, User: s.User, Reason: "logout"}}, nil
}

func changePassword(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.AuthChangePassword](e)
	if err != nil {
		return nil, err
	}
	if ok, err := accounts.Has(r, b.User); err != nil {
		return nil, err
	} else if !ok {
		return nil, event.Refuse(event.NotFound, "There is no such user.")
	}
	closed, err := closeAll(r, b.User, b.Keep, "password")
	return append([]event.Body{event.AuthPasswordChanged{User: b.User}}, closed...), err
}

// closeAll closes the sessions of user but keep.
func closeAll(r store.Reader, user, keep, reason string) ([]event.Body, error) {
	open, err := sessionsOf(r, user)
	if err != nil {
		return nil, err
	}
	var bodies []event.Body
	for _, id := range open {
		if id != keep {
			bodies = append(bodies, event.AuthSessionClosed{Session: id, User: user, Reason: reason})
		}
	}
	return bodies, nil
}

// closeDue closes the sessions that have expired at e.At, the earliest first, at most maxDue of them.
func closeDue(r store.Reader, e event.Envelope) ([]event.Body, error) {
	var bodies []event.Body
	for row, err := range expiries.Scan(r, due(e.At)) {
		if err != nil {
			return nil, err
		}
		if len(bodies) == maxDue {
			break
		}
		s, ok, err := sessions.Get(r, row.Value)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("close session %s: it is in %s, but not in %s", row.Value, string(expiries), string(sessions))
		}
		bodies = append(bodies, event.AuthSessionClosed{Session: s.ID, User: s.User, Reason: "expired"})
	}
	return bodies, nil
}

// Tick implements services.Ticker: due when a session has expired.
func (*Machine) Tick(r store.Reader, now time.Time) (event.Body, bool, error) {
	for _, err := range r.Scan(string(expiries), due(now)) {
		return event.AuthTick{}, err == nil, err
	}
	return nil, false, nil
}

// Pass implements services.Forwarder: it returns nil if the session of the command e was alive when e came in, its user is enabled and
// its role suffices. The administrator at the unix socket (event.LocalSession) may act as himself (event.System) or as any enabled user.
func (*Machine) Pass(r store.Reader, e event.Envelope) error {
	access := event.CommandAccess()[e.Type]
	switch access {
	case event.AnyUser, event.Admin:
	default:
		return event.Refuse(event.Denied, "No client may send this.")
	}
	if e.Session == event.LocalSession {
		if e.Actor == event.System {
			return nil
		}
		_, err := activeAccount(r, e.Actor)
		return err
	}
	s, ok, err := sessions.Get(r, e.Session)
	if err != nil {
		return err
	}
	if !ok || s.User != e.Actor || !e.At.Before(s.Expires) {
		return event.Refuse(event.Unauthentic, "Your session has ended. Sign in again.")
	}
	a, err := activeAccount(r, s.User)
	if err != nil {
		return err
	}
	if access == event.Admin && a.Role != event.RoleAdmin {
		return event.Refuse(event.Denied, "Only an administrator may do this.")
	}
	return nil
}

// cut returns the first n characters of s.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
