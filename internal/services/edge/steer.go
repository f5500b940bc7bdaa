package edge

import (
	"context"
	"time"

	"scaip/internal/media"
)

// steer lets the hub of a video room look after its viewers' lines, and tells the senders what is wanted of them.
func (e *Edge) steer(ctx context.Context, r *room) {
	tick := time.NewTicker(media.SteerEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-r.hub.Steered():
		}
		for _, ask := range r.hub.Steer() {
			seat := int(ask.Track >> 2)
			for _, s := range e.find(func(s *socket) bool { return s.room == r && s.seat == seat && s.ready.Load() }) {
				s.queue.Say(ask.Message.Encode())
			}
		}
	}
}

// fewFrames are less than what says something of a line: a key frame alone is late because it is large.
const fewFrames = 3

// watch takes what a client says as a viewer. Of one who receives nothing, and of audio, it means nothing.
func (s *socket) watch(m media.ClientMessage) {
	if s.viewer == nil || s.e.o.Service != media.Video {
		return
	}
	hub := s.room.hub
	switch {
	case m.Want != nil:
		hub.Want(s.viewer, m.Want.Tracks)
	case m.Can != nil:
		hub.Decodes(s.viewer, media.CodecsOf(m.Can.Decode))
	case m.Report != nil:
		late := make(map[uint16]time.Duration, len(m.Report.Tracks))
		for track, r := range m.Report.Tracks {
			if r.Received < fewFrames {
				continue
			}
			late[track] = time.Duration(max(0, min(r.Delay, 60_000)) * float64(time.Millisecond))
		}
		hub.Reported(s.viewer, late)
	}
}
