package gateway

import (
	"fmt"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// The gateway's replicas.
const (
	members = store.Table[string]("groups/members") // group/user → role
	userIDs = store.Table[string]("users/logins")   // login → user
	users   = store.Table[string]("users/users")    // user → login
)

// directory is who is in which group as of the last record of gateway.in that was read, and which sessions have ended lately. It begins as a
// copy of the replicas, which may be ahead; what then comes from gateway.in brings it to the same.
type directory struct {
	members map[string]map[string]int64    // group → user → offset of groups.member_added; before the window: -1
	groups  map[string]map[string]struct{} // user → groups
	ended   map[string]ending              // session → its end; remembered for closedMemory
	pruned  time.Time
}

type ending struct {
	reason string
	at     time.Time
}

func newDirectory() directory {
	return directory{members: map[string]map[string]int64{}, groups: map[string]map[string]struct{}{}, ended: map[string]ending{}}
}

// loadDirectory copies the replicas.
func loadDirectory(s store.Store) (directory, error) {
	d := newDirectory()
	err := s.View(func(r store.Reader) error {
		for kv, err := range r.Scan(string(members), store.Range{}) {
			if err != nil {
				return err
			}
			group, user, _ := strings.Cut(kv.Key, "/")
			d.add(group, user, -1)
		}
		return nil
	})
	if err != nil {
		return d, fmt.Errorf("load members: %w", err)
	}
	return d, nil
}

func (d *directory) add(group, user string, offset int64) {
	if d.members[group] == nil {
		d.members[group] = map[string]int64{}
	}
	d.members[group][user] = offset
	if d.groups[user] == nil {
		d.groups[user] = map[string]struct{}{}
	}
	d.groups[user][group] = struct{}{}
}

func (d *directory) remove(group, user string) {
	delete(d.members[group], user)
	if len(d.members[group]) == 0 {
		delete(d.members, group)
	}
	delete(d.groups[user], group)
	if len(d.groups[user]) == 0 {
		delete(d.groups, user)
	}
}

// share reports whether two users are in one group.
func (d *directory) share(a, b string) bool {
	for g := range d.groups[a] {
		if _, ok := d.members[g][b]; ok {
			return true
		}
	}
	return false
}

// end remembers that a session has ended, so that a connection whose handshake is under way hears of it.
func (d *directory) end(session, reason string, now time.Time) {
	d.ended[session] = ending{reason, now}
	if now.Sub(d.pruned) < closedMemory {
		return
	}
	d.pruned = now
	for s, e := range d.ended {
		if now.Sub(e.at) > closedMemory {
			delete(d.ended, s)
		}
	}
}

// Name implements [services.Machine].
func (g *Gateway) Name() string { return "gateway" }

// Decide implements [services.Machine]: the gateway decides nothing.
func (g *Gateway) Decide(store.Reader, event.Envelope) ([]event.Body, error) { return nil, nil }
