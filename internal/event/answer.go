package event

// Refused is the event by which a service answers a command it refuses. Its type is "<service>.refused", its
// Cause the command. It goes to the session that asked and to nobody else.
type Refused struct {
	Service string `json:"-"`
	Refusal
}

// Unchanged is the event by which a service answers a command whose effect already stands: one it has
// decided before (a client resent it), or one that changes nothing. Its type is "<service>.unchanged". It goes
// to the session that asked and to nobody else.
type Unchanged struct {
	Service string `json:"-"`
}

func (r Refused) EventType() string   { return r.Service + ".refused" }
func (u Unchanged) EventType() string { return u.Service + ".unchanged" }

// IsAnswer reports whether typ is one of the two answers to a single session, "<service>.refused" or
// "<service>.unchanged".
func IsAnswer(typ string) bool {
	n := len(Service(typ))
	return typ[n:] == ".refused" || typ[n:] == ".unchanged"
}
