package auth

import (
	"fmt"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// account is what auth knows of a user.
type account struct {
	Login string `json:"login"`
	Name  string `json:"name"` // at registration; see names
	Role  string `json:"role"`
}

// The tables. Those of "auth/" are written by auth's events alone, those of "users/" by the events of users.
const (
	accounts     = store.Table[account]("auth/accounts")          // by user
	logins       = store.Table[string]("auth/logins")             // login → user
	admins       = store.Table[bool]("auth/admins")               // by user
	sessions     = store.Table[services.Session]("auth/sessions") // by session; kept by services.ApplySession
	userSessions = store.Table[string]("auth/user_sessions")      // user, time of opening, session → session: the oldest first
	expiries     = store.Table[string]("auth/expiries")           // expiry, session → session: the earliest first
	disabled     = store.Table[bool]("users/disabled")            // by user
	names        = store.Table[string]("users/names")             // user → the name he has given himself since
)

// passwords holds the hashes, by user. No event describes it: it is written beside the event (see services.Runner.Do).
const passwords = "secret/passwords"

// sortable writes t so that the order of bytes is that of time.
func sortable(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000") }

// due is the range of expiries up to now, inclusive: '0' is what follows '/'.
func due(now time.Time) store.Range { return store.Range{To: sortable(now) + "0"} }

// Apply implements [services.Machine].
func (*Machine) Apply(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "auth.registered":
		return applyRegistered(tx, e)
	case "auth.session_opened":
		return applyOpened(tx, e)
	case "auth.session_closed":
		return applyClosed(tx, e)
	case "users.disabled":
		b, err := event.As[event.UsersDisabled](e)
		if err != nil {
			return err
		}
		return disabled.Put(tx, b.User, true)
	case "users.enabled":
		b, err := event.As[event.UsersEnabled](e)
		if err != nil {
			return err
		}
		return disabled.Delete(tx, b.User)
	case "users.profile_updated":
		b, err := event.As[event.UsersProfileUpdated](e)
		if err != nil {
			return err
		}
		return names.Put(tx, b.User, b.Name)
	}
	return nil
}

func applyRegistered(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.AuthRegistered](e)
	if err != nil {
		return err
	}
	if b.Role == event.RoleAdmin {
		if err := admins.Put(tx, b.User, true); err != nil {
			return err
		}
	}
	if err := logins.Put(tx, b.Login, b.User); err != nil {
		return err
	}
	return accounts.Put(tx, b.User, account{Login: b.Login, Name: b.Name, Role: b.Role})
}

func applyOpened(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.AuthSessionOpened](e)
	if err != nil {
		return err
	}
	if err := userSessions.Put(tx, b.User+"/"+sortable(e.At)+"/"+b.Session, b.Session); err != nil {
		return err
	}
	if err := expiries.Put(tx, sortable(b.Expires)+"/"+b.Session, b.Session); err != nil {
		return err
	}
	return services.ApplySession(tx, e)
}

func applyClosed(tx store.Tx, e event.Envelope) error {
	b, err := event.As[event.AuthSessionClosed](e)
	if err != nil {
		return err
	}
	s, ok, err := sessions.Get(tx, b.Session)
	if err != nil || !ok {
		return err
	}
	if err := expiries.Delete(tx, sortable(s.Expires)+"/"+s.ID); err != nil {
		return err
	}
	for row, err := range userSessions.Scan(tx, store.Range{Prefix: s.User + "/"}) {
		if err != nil {
			return err
		}
		if row.Value == s.ID {
			if err := userSessions.Delete(tx, row.Key); err != nil {
				return err
			}
			break
		}
	}
	return services.ApplySession(tx, e)
}

// sessionsOf returns the sessions of user, the oldest first.
func sessionsOf(r store.Reader, user string) ([]string, error) {
	var ids []string
	for row, err := range userSessions.Scan(r, store.Range{Prefix: user + "/"}) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, row.Value)
	}
	return ids, nil
}

// hasAdmin reports whether an administrator exists.
func hasAdmin(r store.Reader) (bool, error) {
	for _, err := range r.Scan(string(admins), store.Range{}) {
		return err == nil, err
	}
	return false, nil
}

// findUser returns the ID of the user whose login or ID is s.
func findUser(r store.Reader, s string) (string, error) {
	// The ID goes first: nobody chooses his ID, but somebody may choose another's ID as his login.
	if ok, err := accounts.Has(r, s); err != nil || ok {
		return s, err
	}
	id, ok, err := logins.Get(r, strings.ToLower(s))
	if err == nil && !ok {
		err = event.Refuse(event.NotFound, fmt.Sprintf("There is no user %q.", cut(s, 64)))
	}
	return id, err
}
