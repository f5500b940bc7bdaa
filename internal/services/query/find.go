package query

import (
	"net/http"

	"scaip/internal/event"
	"scaip/internal/media/replay"
	"scaip/internal/store"
)

// findSeen is Replays.Find for members: the recording of a call that whoever asks may see.
func (h HTTP) findSeen(r *http.Request, id string) (q replay.Request, err error) {
	s, err := h.Gate.Authenticate(r)
	if err != nil {
		return q, err
	}
	err = h.Store.View(func(v store.Reader) error {
		c, err := seenCall(v, id, s.User)
		if err != nil {
			return err
		}
		q, err = recording(v, c)
		return err
	})
	return q, err
}

// findAny is Replays.Find for the unix socket: the recording of any call.
func (h HTTP) findAny(_ *http.Request, id string) (q replay.Request, err error) {
	err = h.Store.View(func(v store.Reader) error {
		c, err := anyCall(v, id)
		if err != nil {
			return err
		}
		q, err = recording(v, c)
		return err
	})
	return q, err
}

// recording asks for the whole of a call. A call without a title goes by its group's name.
func recording(r store.Reader, c Call) (replay.Request, error) {
	if c.State != "running" && c.State != "ended" {
		return replay.Request{}, event.Refuse(event.NotFound, "The call has not taken place, so there is no recording of it.")
	}
	title := c.Title
	if title == "" {
		g, _, err := tableGroups.Get(r, c.Group)
		if err != nil {
			return replay.Request{}, err
		}
		title = g.Name
	}
	return replay.Request{Call: c.ID, Title: title, Start: c.Start, Ended: c.State == "ended"}, nil
}
