package users

import (
	"fmt"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Apply keeps the table of profiles. Of auth's events nothing is kept: what users needs of them it says itself.
func (*Machine) Apply(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "users.created":
		b, err := event.As[event.UsersCreated](e)
		if err != nil {
			return err
		}
		return put(tx, b.User, user{Login: b.Login, Name: b.Name, Color: b.Color, Role: b.Role})
	case "users.profile_updated":
		b, err := event.As[event.UsersProfileUpdated](e)
		if err != nil {
			return err
		}
		return change(tx, b.User, func(u *user) { u.Name, u.Color = b.Name, b.Color })
	case "users.disabled":
		b, err := event.As[event.UsersDisabled](e)
		if err != nil {
			return err
		}
		return change(tx, b.User, func(u *user) { u.Disabled = true })
	case "users.enabled":
		b, err := event.As[event.UsersEnabled](e)
		if err != nil {
			return err
		}
		return change(tx, b.User, func(u *user) { u.Disabled = false })
	}
	return nil
}

func change(tx store.Tx, id string, f func(*user)) error {
	u, ok, err := tableUsers.Get(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("change user %s: not there", id)
	}
	f(&u)
	return put(tx, id, u)
}

// put keeps tableAdmins in step.
func put(tx store.Tx, id string, u user) error {
	if err := tableUsers.Put(tx, id, u); err != nil {
		return err
	}
	if u.Role == event.RoleAdmin && !u.Disabled {
		return tableAdmins.Put(tx, id, struct{}{})
	}
	return tableAdmins.Delete(tx, id)
}
