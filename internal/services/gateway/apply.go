package gateway

import (
	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// Apply implements [services.Machine]: it keeps the replicas of members, logins and sessions.
func (g *Gateway) Apply(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "groups.member_added":
		b, err := event.As[event.GroupsMemberAdded](e)
		if err != nil {
			return err
		}
		return members.Put(tx, b.Group+"/"+b.User, b.Role)
	case "groups.member_removed":
		b, err := event.As[event.GroupsMemberRemoved](e)
		if err != nil {
			return err
		}
		return members.Delete(tx, b.Group+"/"+b.User)
	case "users.created":
		b, err := event.As[event.UsersCreated](e)
		if err != nil {
			return err
		}
		if err := userIDs.Put(tx, b.Login, b.User); err != nil {
			return err
		}
		return users.Put(tx, b.User, b.Login)
	}
	return services.ApplySession(tx, e)
}

// Keeps says that the tables need little of what is delivered: messages above all are only passed on, and a start need not read them all.
func (g *Gateway) Keeps(typ string) bool {
	switch typ {
	case "groups.member_added", "groups.member_removed", "users.created", "auth.session_opened", "auth.session_closed":
		return true
	}
	return false
}
