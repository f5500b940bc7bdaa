package users

import (
	"fmt"
	"strings"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Decide answers the commands of users, and makes a profile for each account that auth has registered.
func (*Machine) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	switch e.Type {
	case "auth.registered":
		return create(r, e)
	case "users.update_profile":
		return updateProfile(r, e)
	case "users.disable":
		return disable(r, e)
	case "users.enable":
		return enable(r, e)
	}
	if event.Service(e.Type) == "users" {
		return nil, event.Refuse(event.Invalid, fmt.Sprintf("There is no command %q.", e.Type))
	}
	return nil, nil
}

func create(r store.Reader, e event.Envelope) ([]event.Body, error) {
	a, err := event.As[event.AuthRegistered](e)
	if err != nil {
		return nil, err
	}
	known, err := tableUsers.Has(r, a.User)
	if err != nil || known {
		return nil, err
	}
	return []event.Body{event.UsersCreated{User: a.User, Login: a.Login, Name: a.Name, Color: colorOf(a.User), Role: a.Role}}, nil
}

func updateProfile(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.UsersUpdateProfile](e)
	if err != nil {
		return nil, err
	}
	name, err := event.Name(c.Name)
	if err != nil {
		return nil, err
	}
	color := strings.ToLower(c.Color)
	if !isColor(color) {
		return nil, event.Refuse(event.Invalid, `A colour is written like "#3b82f6".`)
	}
	u, ok, err := tableUsers.Get(r, e.Actor)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, event.Refuse(event.NotFound, "You have no profile yet.")
	case u.Disabled:
		return nil, event.Refuse(event.Denied, "Your account is disabled.")
	case u.Name == name && u.Color == color:
		return nil, nil
	}
	return []event.Body{event.UsersProfileUpdated{User: e.Actor, Name: name, Color: color}}, nil
}

func isColor(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// disable relies on auth for the actor being an administrator.
func disable(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.UsersDisable](e)
	if err != nil {
		return nil, err
	}
	u, err := find(r, c.User)
	switch {
	case err != nil:
		return nil, err
	case c.User == e.Actor:
		return nil, event.Refuse(event.Conflict, "You can't disable yourself.")
	case u.Disabled:
		return nil, nil
	}
	if last, err := isLastAdmin(r, c.User); err != nil || last {
		return nil, orRefuse(err, event.Conflict, "This is the last administrator; somebody has to keep the keys.")
	}
	return []event.Body{event.UsersDisabled{User: c.User}}, nil
}

func enable(r store.Reader, e event.Envelope) ([]event.Body, error) {
	c, err := event.Ask[event.UsersEnable](e)
	if err != nil {
		return nil, err
	}
	u, err := find(r, c.User)
	if err != nil || !u.Disabled {
		return nil, err
	}
	return []event.Body{event.UsersEnabled{User: c.User}}, nil
}

func find(r store.Reader, id string) (user, error) {
	if err := event.CheckID("user", id); err != nil {
		return user{}, err
	}
	u, ok, err := tableUsers.Get(r, id)
	if err == nil && !ok {
		err = event.Refuse(event.NotFound, "There is no such user.")
	}
	return u, err
}

// isLastAdmin reports whether id is the only enabled administrator.
func isLastAdmin(r store.Reader, id string) (bool, error) {
	itself, others := false, false
	for a, err := range tableAdmins.Scan(r, store.Range{}) {
		if err != nil {
			return false, err
		}
		if a.Key == id {
			itself = true
		} else {
			others = true
		}
	}
	return itself && !others, nil
}

// orRefuse returns err if there is one, else a Refusal.
func orRefuse(err error, code event.Code, text string) error {
	if err != nil {
		return err
	}
	return event.Refuse(code, text)
}
