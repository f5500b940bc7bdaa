package edge

import (
	"fmt"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// The replica of calls: who sits where.
const (
	calls store.Table[call] = "calls/calls" // call → call
	seats store.Table[seat] = "calls/seats" // "<call>/<user>" → seat, of running calls
)

type call struct {
	Start   time.Time `json:"start"`
	State   string    `json:"state"`
	Deleted bool      `json:"deleted,omitempty"`
}

const (
	stateRunning = "running"
	stateEnded   = "ended"
)

type seat struct {
	Seat  int  `json:"seat"`
	In    bool `json:"in"`
	Muted bool `json:"muted,omitempty"` // by an owner; audio only
}

func seatKey(call, user string) string { return call + "/" + user }

// Name is that of the service, "audio" or "video".
func (e *Edge) Name() string { return e.o.Service }

// Decide turns the edge's own commands into events, for others to know who is connected.
func (e *Edge) Decide(_ store.Reader, env event.Envelope) ([]event.Body, error) {
	s := e.o.Service
	switch env.Type {
	case event.MediaBegin{Service: s}.EventType():
		return []event.Body{event.MediaBegan{Service: s}}, nil
	case event.MediaOpen{Service: s}.EventType():
		o, err := event.As[event.MediaOpen](env)
		return []event.Body{event.MediaOpened{Service: s, Call: o.Call, User: o.User, Idle: o.Idle, Screen: o.Screen}}, err
	case event.MediaClose{Service: s}.EventType():
		c, err := event.As[event.MediaClose](env)
		return []event.Body{event.MediaClosed{Service: s, Call: c.Call, User: c.User}}, err
	}
	return nil, nil
}

// Apply keeps the replicas of sessions and calls.
func (e *Edge) Apply(tx store.Tx, env event.Envelope) error {
	if event.Service(env.Type) == "auth" {
		return services.ApplySession(tx, env)
	}
	body, err := callsEvent(env)
	if err != nil {
		return err
	}
	switch b := body.(type) {
	case event.CallsStarted:
		return calls.Put(tx, b.Call, call{Start: b.Start, State: stateRunning})
	case event.CallsJoined:
		return seats.Put(tx, seatKey(b.Call, b.User), seat{Seat: b.Seat, In: true})
	case event.CallsLeft:
		return changeSeat(tx, seatKey(b.Call, b.User), func(s *seat) { *s = seat{Seat: s.Seat} })
	case event.CallsMuted:
		return changeSeat(tx, seatKey(b.Call, b.User), func(s *seat) { s.Muted = true })
	case event.CallsUnmuted:
		return changeSeat(tx, seatKey(b.Call, b.User), func(s *seat) { s.Muted = false })
	case event.CallsEnded:
		return applyEnd(tx, b.Call, false)
	case event.CallsDeleted:
		return applyEnd(tx, b.Call, true)
	}
	return nil
}

func changeSeat(tx store.Tx, key string, step func(*seat)) error {
	s, ok, err := seats.Get(tx, key)
	if err != nil || !ok {
		return err
	}
	step(&s)
	return seats.Put(tx, key, s)
}

func applyEnd(tx store.Tx, id string, deleted bool) error {
	c, _, err := calls.Get(tx, id)
	if err != nil {
		return err
	}
	c.State, c.Deleted = stateEnded, deleted
	if err := calls.Put(tx, id, c); err != nil {
		return err
	}
	var keys []string
	for row, err := range seats.Scan(tx, store.Range{Prefix: id + "/"}) {
		if err != nil {
			return err
		}
		keys = append(keys, row.Key)
	}
	for _, k := range keys {
		if err := seats.Delete(tx, k); err != nil {
			return err
		}
	}
	return nil
}

// callsEvent decodes the events of calls that matter here; nil for others.
func callsEvent(env event.Envelope) (event.Body, error) {
	var body event.Body
	var err error
	switch env.Type {
	case event.CallsStarted{}.EventType():
		body, err = event.As[event.CallsStarted](env)
	case event.CallsJoined{}.EventType():
		body, err = event.As[event.CallsJoined](env)
	case event.CallsLeft{}.EventType():
		body, err = event.As[event.CallsLeft](env)
	case event.CallsMuted{}.EventType():
		body, err = event.As[event.CallsMuted](env)
	case event.CallsUnmuted{}.EventType():
		body, err = event.As[event.CallsUnmuted](env)
	case event.CallsEnded{}.EventType():
		body, err = event.As[event.CallsEnded](env)
	case event.CallsDeleted{}.EventType():
		body, err = event.As[event.CallsDeleted](env)
	}
	if err != nil {
		return nil, fmt.Errorf("apply to %s: %w", env.Type, err)
	}
	return body, nil
}

// Applied closes the sockets that an event took the right from, silences those whom an owner has muted, and makes and deletes topics.
func (e *Edge) Applied(batch []services.Delivered) {
	for _, d := range batch {
		if d.Event.Type == (event.AuthSessionClosed{}).EventType() {
			if c, err := event.As[event.AuthSessionClosed](d.Event); err == nil {
				e.closeSockets(func(s *socket) bool { return s.session == c.Session }, closePolicy, c.Reason)
			}
			continue
		}
		body, err := callsEvent(d.Event)
		if err != nil {
			continue // Apply has refused it before, so it is parked and never comes here
		}
		switch b := body.(type) {
		case event.CallsStarted:
			e.topics.want(b.Call, true)
		case event.CallsJoined: // ends a silence
			e.mute(b.Call, b.User, false)
		case event.CallsMuted:
			e.mute(b.Call, b.User, true)
		case event.CallsUnmuted:
			e.mute(b.Call, b.User, false)
		case event.CallsLeft:
			e.closeSockets(func(s *socket) bool { return s.call == b.Call && s.user == b.User }, closePolicy, leftWords(b.Reason))
		case event.CallsEnded:
			e.closeSockets(func(s *socket) bool { return s.call == b.Call }, closeCallEnded, b.Reason)
		case event.CallsDeleted:
			e.closeSockets(func(s *socket) bool { return s.call == b.Call }, closeCallEnded, "deleted")
			e.topics.want(b.Call, false)
		}
	}
}

// leftWords says why a socket closes whose user has left.
func leftWords(reason string) string {
	if reason == "expelled" {
		return "an owner of the group has removed you from this call"
	}
	return reason
}

// mute silences the microphone of a user, or ends that.
func (e *Edge) mute(call, user string, on bool) {
	for _, s := range e.find(func(s *socket) bool { return s.call == call && s.user == user }) {
		s.in.mute(on)
	}
}

func (e *Edge) closeSockets(match func(*socket) bool, code int, reason string) {
	for _, s := range e.find(match) {
		s.close(code, reason)
	}
}

// member looks up a user's seat in a call. The code is 0 if he sits there now; closeCallEnded if the call is over, else closePolicy.
func (e *Edge) member(id, user string) (c call, at seat, code int, err error) {
	err = e.o.Store.View(func(r store.Reader) error {
		var known, sits bool
		if c, known, err = calls.Get(r, id); err != nil {
			return err
		}
		if at, sits, err = seats.Get(r, seatKey(id, user)); err != nil {
			return err
		}
		switch {
		case known && c.State != stateRunning:
			code = closeCallEnded
		case !known || !sits || !at.In:
			code = closePolicy
		}
		return nil
	})
	return c, at, code, err
}
