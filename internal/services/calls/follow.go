package calls

import (
	"scaip/internal/event"
	"scaip/internal/store"
)

// follow says what follows from an event of another service.
func follow(r store.Reader, e event.Envelope) ([]event.Body, error) {
	switch e.Type {
	case "groups.member_removed":
		b, err := event.As[event.GroupsMemberRemoved](e)
		if err != nil {
			return nil, err
		}
		id, ok, err := tableRunning.Get(r, b.Group)
		if err != nil || !ok {
			return nil, err
		}
		return left(r, event.CallsLeft{Call: id, User: b.User, Reason: "removed"}, e.At)
	case "groups.archived":
		b, err := event.As[event.GroupsArchived](e)
		if err != nil {
			return nil, err
		}
		return archived(r, e, b.Group)
	case "users.disabled":
		b, err := event.As[event.UsersDisabled](e)
		if err != nil {
			return nil, err
		}
		return disabled(r, e, b.User)
	case "audio.began":
		return silenced(r, audio)
	case "video.began":
		return silenced(r, video)
	case "audio.opened", "video.opened":
		b, err := event.As[event.MediaOpened](e)
		if err != nil {
			return nil, err
		}
		return changed(r, b.Call, b.User)
	case "audio.closed", "video.closed":
		b, err := event.As[event.MediaClosed](e)
		if err != nil {
			return nil, err
		}
		return changed(r, b.Call, b.User)
	}
	return nil, nil
}

// archived ends the group's running call and cancels those that wait.
func archived(r store.Reader, e event.Envelope, group string) ([]event.Body, error) {
	var out []event.Body
	id, ok, err := tableRunning.Get(r, group)
	if err != nil {
		return nil, err
	}
	if ok {
		out = append(out, event.CallsEnded{Call: id, Group: group, Reason: "archived", End: e.At})
	}
	for row, err := range tableOfGroup.Scan(r, store.Range{Prefix: group + "/"}) {
		if err != nil {
			return nil, err
		}
		out = append(out, event.CallsCancelled{Call: second(row.Key), Group: group})
	}
	return out, nil
}

// disabled takes the user out of every call.
func disabled(r store.Reader, e event.Envelope, user string) ([]event.Body, error) {
	var out []event.Body
	for row, err := range tableOfUser.Scan(r, store.Range{Prefix: user + "/"}) {
		if err != nil {
			return nil, err
		}
		more, err := left(r, event.CallsLeft{Call: second(row.Key), User: user, Reason: "disabled"}, e.At)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// changed says what user, if he is in the call, now sends.
func changed(r store.Reader, id, user string) ([]event.Body, error) {
	s, _, err := tableSeats.Get(r, pair(id, user))
	if err != nil || !s.In {
		return nil, err
	}
	m, err := sends(r, id, user)
	if err != nil || s.Audio == m.Audio && s.Video == m.Video && s.Screen == m.Screen {
		return nil, err
	}
	c, _, err := tableCalls.Get(r, id)
	if err != nil {
		return nil, err
	}
	m.Group = c.Group
	return []event.Body{m}, nil
}

// silenced says of everybody who was in with audio (or video) that he is not, now that the edge has begun anew.
func silenced(r store.Reader, which edge) ([]event.Body, error) {
	var out []event.Body
	for row, err := range tableRunning.Scan(r, store.Range{}) {
		if err != nil {
			return nil, err
		}
		for s, err := range tableSeats.Scan(r, store.Range{Prefix: row.Value + "/"}) {
			if err != nil {
				return nil, err
			}
			if was := which == audio && s.Value.Audio || which == video && s.Value.Video; !was {
				continue
			}
			more, err := changed(r, row.Value, second(s.Key))
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	return out, nil
}
