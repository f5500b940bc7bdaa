package edge

import (
	"scaip/internal/event"
	"scaip/internal/media"
)

// An owner of the group may silence a participant. His client stops sending when it hears of it; one that does not is not taken here, until
// he has unmuted himself.

// settle reads whether the user is muted, once the socket can be found by the events that change it.
func (in *intake) settle() error {
	in.mu.Lock() // an event that comes after what is read here waits, and has the last word
	defer in.mu.Unlock()
	_, at, _, err := in.s.e.member(in.s.call, in.s.user)
	in.muted = at.Muted
	return err
}

// mute begins a silence, which ends the track as if the client had stopped it, or ends one.
func (in *intake) mute(on bool) {
	in.mu.Lock()
	defer in.release()
	if in.muted == on || in.closed {
		return
	}
	in.muted = on
	main := &in.tracks[media.SlotMain]
	if !on || !main.live {
		return
	}
	main.live = false
	for r := range main.renditions {
		main.renditions[r].again = main.renditions[r].live // what it sends after the silence needs its config
	}
	in.give(arrival{track: media.TrackOf(in.s.seat, media.SlotMain)})
	in.present()
}

// hush drops a frame of who is muted; of a config it keeps the bytes, which go to the log with the first frame after the silence.
func (in *intake) hush(t *layerSending, f media.Frame, value []byte, now int64) {
	in.s.e.counters.refused.Add(1)
	if f.Config {
		t.live, t.again, t.config = true, true, value
	}
	in.say(event.Denied, "An owner of the group has muted you.", now)
}

// present says which of its tracks the client sends: none, or a shared screen.
func (in *intake) present() {
	now := presenceState{open: true, idle: true}
	for slot, t := range in.tracks {
		if t.live {
			now.idle = false
			now.screen = now.screen || slot == media.SlotScreen && in.s.e.o.Service == media.Video
		}
	}
	in.s.e.present(in.s, now)
}
