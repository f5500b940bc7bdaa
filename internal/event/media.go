package event

// Events of audio and of video: who has a media socket in a call, and so sits there. Service is "audio" or "video".
type (
	// MediaBegan: a daemon has just started its audio (or video) edge, so no socket of an earlier one is open.
	MediaBegan struct {
		Service string `json:"-"`
	}
	// MediaOpened: User now has an audio (or video) socket in Call. Idle says that he sends nothing over it (he only
	// listens or watches, or is muted): he keeps his seat, but is not in with audio (or video). It comes again when Idle changes.
	MediaOpened struct {
		Service string `json:"-"`
		Call    string `json:"call"`
		User    string `json:"user"`
		Idle    bool   `json:"idle,omitempty"`
	}
	// MediaClosed: User has no audio (or video) socket in Call any more.
	MediaClosed struct {
		Service string `json:"-"`
		Call    string `json:"call"`
		User    string `json:"user"`
	}
)

func (m MediaBegan) EventType() string  { return m.Service + ".began" }
func (m MediaOpened) EventType() string { return m.Service + ".opened" }
func (m MediaClosed) EventType() string { return m.Service + ".closed" }
