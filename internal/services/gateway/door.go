package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"scaip/internal/event"
	"scaip/internal/ws"
)

// inbound is what a client may say: a command, or a ping.
type inbound struct {
	ID   string          `json:"id"`
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
	Ping json.RawMessage `json:"ping"`
}

var (
	errFormat = event.Refuse(event.Invalid, "The message is not a JSON object with id, type and body.")
	errBusy   = event.Refuse(event.Unavailable, "The server is busy. Try again in a moment.")
	errFast   = event.Refuse(event.TooMany, "Too fast. Wait a second.")
)

// take takes in one message of a client. data is not kept.
func (g *Gateway) take(c *conn, binary bool, data []byte) {
	now := g.o.Now()
	var in inbound
	err := error(errFast)
	if c.rate.AllowN(now, 1) {
		in, err = g.checks.decode(binary, data)
	} else {
		in.ID = idOf(data)
	}
	if err == nil && in.Ping == nil {
		err = g.o.Admit(in.Type)
	}
	switch {
	case err == nil && in.Ping != nil:
		c.offer(encode(pongMessage{Pong: in.Ping, Time: now.UTC()}))
		return
	case err == nil:
		e := event.Envelope{
			ID: in.ID, Type: in.Type, At: now.UTC(), Actor: c.session.User, Session: c.session.ID, Body: in.Body,
		}
		id := in.ID
		err = g.in.offer(e, func(ref event.Refusal) { c.refuse(id, ref) })
	}
	if err == nil {
		return
	}
	ref, ok := event.AsRefusal(err)
	if !ok {
		g.o.Logger.Error("take in a command", "type", in.Type, "err", err)
		ref = event.Refusal{Code: event.Unavailable, Text: "Something went wrong on the server. Try again in a moment."}
	}
	c.refuse(in.ID, ref)
	if ref.Code == event.Invalid {
		if c.breaks++; c.breaks >= maxBreaks {
			c.shut(ws.Policy, "malformed")
		}
	}
}

// decode checks a message. The error is a Refusal; the ID is given back even then, if it is one.
func (k bodyChecks) decode(binary bool, data []byte) (inbound, error) {
	if binary || !utf8.Valid(data) {
		return inbound{}, errFormat
	}
	var in inbound
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err := dec.Decode(&in)
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			err = nil
		} else {
			err = errFormat
		}
	}
	if !event.ValidID(in.ID) {
		in.ID = ""
	}
	switch {
	case err != nil:
		return inbound{ID: in.ID}, errFormat
	case in.Ping != nil:
		if in.ID != "" || in.Type != "" || in.Body != nil || !number(in.Ping) {
			return inbound{ID: in.ID}, errFormat
		}
		return in, nil
	case in.ID == "":
		return in, event.Refuse(event.Invalid, "A command has an id of 1 to 64 characters A–Z, a–z, 0–9, dash and underscore.")
	}
	in.Body, err = k.canonical(in.Type, in.Body)
	return in, err
}

// number reports whether raw, which is JSON, is a number of no unreasonable length.
func number(raw json.RawMessage) bool {
	return len(raw) <= 32 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9')
}

// idOf finds the ID of a message that is not looked at further.
func idOf(data []byte) string {
	var in struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(data, &in) != nil || !event.ValidID(in.ID) {
		return ""
	}
	return in.ID
}

// canonical checks the body of a command of type typ, which a client must be allowed to send, and encodes it anew: what goes into the log has
// the fields that the type has, and no others.
func (k bodyChecks) canonical(typ string, body json.RawMessage) (json.RawMessage, error) {
	check := k[typ]
	if check == nil {
		return nil, event.Refuse(event.Invalid, "There is no such command.")
	}
	out, err := check(body)
	if err != nil {
		return nil, event.Refuse(event.Invalid, "The body of the command does not have the form that its type has.")
	}
	return out, nil
}

// check decodes and encodes a body of type B.
func check[B event.Body](body json.RawMessage) (json.RawMessage, error) {
	if len(body) == 0 || body[0] != '{' {
		return nil, errors.New("no object")
	}
	var b B
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return nil, err
	}
	return json.Marshal(b)
}

// bodyChecks has the check of each command that a client may send, by type.
type bodyChecks map[string]func(json.RawMessage) (json.RawMessage, error)

// newBodyChecks returns them all. A test holds them against event.CommandAccess.
func newBodyChecks() bodyChecks {
	return bodyChecks{
		"users.update_profile": check[event.UsersUpdateProfile],
		"users.disable":        check[event.UsersDisable],
		"users.enable":         check[event.UsersEnable],
		"groups.create":        check[event.GroupsCreate],
		"groups.rename":        check[event.GroupsRename],
		"groups.add_member":    check[event.GroupsAddMember],
		"groups.set_role":      check[event.GroupsSetRole],
		"groups.remove_member": check[event.GroupsRemoveMember],
		"groups.leave":         check[event.GroupsLeave],
		"groups.set_keep":      check[event.GroupsSetKeep],
		"groups.archive":       check[event.GroupsArchive],
		"messaging.post":       check[event.MessagingPost],
		"messaging.edit":       check[event.MessagingEdit],
		"messaging.delete":     check[event.MessagingDelete],
		"messaging.react":      check[event.MessagingReact],
		"calls.start":          check[event.CallsStart],
		"calls.schedule":       check[event.CallsSchedule],
		"calls.cancel":         check[event.CallsCancel],
		"calls.join":           check[event.CallsJoin],
		"calls.leave":          check[event.CallsLeave],
		"calls.set_behind":     check[event.CallsSetBehind],
		"calls.raise_hand":     check[event.CallsRaiseHand],
		"calls.lower_hand":     check[event.CallsLowerHand],
		"calls.react":          check[event.CallsReact],
		"calls.mute":           check[event.CallsMute],
		"calls.unmute":         check[event.CallsUnmute],
		"calls.expel":          check[event.CallsExpel],
		"calls.admit":          check[event.CallsAdmit],
		"calls.make_clip":      check[event.CallsMakeClip],
		"calls.revoke_clip":    check[event.CallsRevokeClip],
		"calls.end":            check[event.CallsEnd],
		"calls.delete":         check[event.CallsDelete],
	}
}
