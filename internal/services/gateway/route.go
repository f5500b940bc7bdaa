package gateway

import (
	"slices"

	"scaip/internal/event"
	"scaip/internal/ws"
)

// All functions of this file are called with the gateway's mutex held, but for attach, detach and catchUp, which take it.

// note brings an event into the directory, and closes what a session that ended leaves open.
func (g *Gateway) note(e event.Envelope, a about, offset int64) {
	switch e.Type {
	case "groups.member_added":
		g.who.add(a.Group, a.User, offset)
	case "groups.member_removed":
		g.who.remove(a.Group, a.User)
	case "auth.session_closed":
		g.who.end(a.Session, a.Reason, g.o.Now())
		if p := g.peers[a.User]; p != nil {
			for _, c := range p.conns {
				if c.session.ID == a.Session {
					c.shut(ws.Policy, a.Reason)
				}
			}
		}
	}
}

// route offers an entry to the live connections that it concerns: those for which concerns is true.
func (g *Gateway) route(e *entry) {
	switch e.scope {
	case groupScope:
		members := g.who.members[e.group]
		if len(members) <= len(g.peers) {
			for u := range members {
				g.offer(e, u)
			}
		} else {
			for u := range g.peers {
				if _, ok := members[u]; ok {
					g.offer(e, u)
				}
			}
		}
		if _, ok := members[e.user]; !ok {
			g.offer(e, e.user)
		}
		if _, ok := members[e.actor]; !ok && e.actor != e.user {
			g.offer(e, e.actor)
		}
	case userScope:
		g.offer(e, e.user)
		for u := range g.peers {
			if u != e.user && (u == e.actor || g.who.share(u, e.user)) {
				g.offer(e, u)
			}
		}
	case sessionScope:
		g.offer(e, e.actor)
	}
}

// offer offers an entry to those connections of user that it concerns.
func (g *Gateway) offer(e *entry, user string) {
	p := g.peers[user]
	if p == nil {
		return
	}
	for _, c := range p.conns {
		if c.live && g.concerns(e, c) {
			c.offer(e.msg)
		}
	}
}

// concerns says whether an entry goes to a connection, now that the directory is what it is: so who has been removed from a group gets nothing of
// it any more, however old his cursor, and who was added gets nothing from before. The session that asked always hears the answer, but that of a
// group only if he is in it or an administrator: what follows later from what he did there inherits his session too.
func (g *Gateway) concerns(e *entry, c *conn) bool {
	if c.above != nil && e.seq <= c.above[e.origin] {
		return false
	}
	user := c.session.User
	asked := e.session != "" && e.session == c.session.ID
	switch e.scope {
	case sessionScope:
		return asked
	case userScope:
		return asked || e.user == user || g.who.share(user, e.user)
	case groupScope:
		since, in := g.who.members[e.group][user]
		return in && e.offset >= since || e.user == user || asked && c.session.Role == event.RoleAdmin
	}
	return false
}

// attach makes a connection hear events, after its cursor if that can be, and tells those who share a group with its user.
func (g *Gateway) attach(c *conn, cursor string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		c.shut(ws.GoingAway, shutdownReason)
	}
	if e, ended := g.who.ended[c.session.ID]; ended {
		c.shut(ws.Policy, e.reason)
	}
	pos, resumed := g.past.seek(cursor)
	if resumed {
		c.at, c.above = pos.at, pos.above
	} else {
		c.at, c.live, cursor = g.past.last, true, cursorAt(g.past.last)
	}
	user := c.session.User
	p := g.peers[user]
	p.conns = append(p.conns, c)
	c.rate = g.limiter(user)
	c.offer(encode(helloMessage{hello{
		Session:    helloSession{User: user, Role: c.session.Role, Expires: c.session.Expires},
		Connection: c.id,
		Cursor:     cursor,
		Resumed:    resumed,
		Time:       g.o.Now().UTC(),
		Presence:   g.online(user),
		Limits:     limits{Message: MaxMessage, Rate: g.o.Rate},
		Full:       g.full,
	}}))
	if len(p.conns) == 1 {
		g.announce(user, true)
	}
}

func (g *Gateway) detach(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.peers[c.session.User]
	if i := slices.Index(p.conns, c); i >= 0 {
		p.conns = slices.Delete(p.conns, i, i+1)
	}
	if len(p.conns) == 0 {
		g.announce(c.session.User, false)
	}
}

// catchUpChunk bounds how many entries are looked at, and sent, in one go.
const (
	catchUpChunk = 4096
	catchUpSend  = 128
)

// catchUp returns the next messages of the window for a connection that is not live yet. When it returns nil the connection is live: what comes
// now is offered to it.
func (g *Gateway) catchUp(c *conn) [][]byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.live {
		return nil
	}
	if c.at < g.past.lost { // the window has moved past it
		c.tooSlow()
		return nil
	}
	entries := g.past.after(c.at)
	if len(entries) == 0 {
		c.live = true
		return nil
	}
	msgs := make([][]byte, 0, catchUpSend)
	for i := range entries[:min(len(entries), catchUpChunk)] {
		e := &entries[i]
		if len(msgs) == catchUpSend {
			break
		}
		c.at = e.offset
		if g.concerns(e, c) {
			msgs = append(msgs, e.msg)
		}
	}
	return msgs
}

// online returns who is connected of those who share a group with user.
func (g *Gateway) online(user string) []string {
	found := map[string]struct{}{}
	for group := range g.who.groups[user] {
		for u := range g.who.members[group] {
			if p := g.peers[u]; u != user && p != nil && len(p.conns) > 0 {
				found[u] = struct{}{}
			}
		}
	}
	list := make([]string, 0, len(found))
	for u := range found {
		list = append(list, u)
	}
	slices.Sort(list)
	return list
}

// announce tells those who share a group with user that he has come or gone.
func (g *Gateway) announce(user string, online bool) {
	msg := encode(presenceMessage{presence{user, online}})
	for _, u := range g.online(user) {
		g.tell(u, msg)
	}
}

// introduce tells a new member who is here, and them that he is.
func (g *Gateway) introduce(group, user string) {
	if p := g.peers[user]; p == nil || len(p.conns) == 0 {
		return
	}
	mine := encode(presenceMessage{presence{user, true}})
	for u := range g.who.members[group] {
		if p := g.peers[u]; u != user && p != nil && len(p.conns) > 0 {
			g.tell(u, mine)
			g.tell(user, encode(presenceMessage{presence{u, true}}))
		}
	}
}

// Full tells everybody, now and with each hello, why calls are not kept from now on: "disk" or "quota" is full; empty: they are.
func (g *Gateway) Full(reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.full == reason {
		return
	}
	g.full = reason
	msg := encode(fullMessage{reason})
	for user := range g.peers {
		g.tell(user, msg)
	}
}

// tell sends a message to all connections of user.
func (g *Gateway) tell(user string, msg []byte) {
	for _, c := range g.peers[user].conns {
		c.offer(msg)
	}
}

// answer gives an event to the request at the unix socket that waits for it.
func (g *Gateway) answer(e event.Envelope) {
	if e.Session != event.LocalSession {
		return
	}
	if ch := g.waiters[command{e.Actor, e.Cause}]; ch != nil {
		select {
		case ch <- e:
		default: // more answers than anything causes: the first ones do
		}
	}
}
