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

// recording asks for the whole of a call.
func recording(r store.Reader, c Call) (replay.Request, error) {
	switch {
	case c.State != "running" && c.State != "ended":
		return replay.Request{}, event.Refuse(event.NotFound, "The call has not taken place, so there is no recording of it.")
	case !c.Kept:
		return replay.Request{}, event.Refuse(event.NotFound, "The recording of this call was not kept.")
	}
	title, err := titleOf(r, c)
	if err != nil {
		return replay.Request{}, err
	}
	about, err := aboutOf(r, c)
	return replay.Request{Call: c.ID, Title: title, Start: c.Start, Ended: c.State == "ended", About: about}, err
}
