package event

// The commands of audio and of video are given by their own sockets, to themselves; Service is "audio" or "video".
type (
	// MediaBegin notes that the edge has just started.
	MediaBegin struct {
		Service string `json:"-"`
	}
	// MediaOpen notes that User has a socket in Call, whether it sends nothing, and whether it sends a shared screen.
	MediaOpen struct {
		Service string `json:"-"`
		Call    string `json:"call"`
		User    string `json:"user"`
		Idle    bool   `json:"idle,omitempty"`
		Screen  bool   `json:"screen,omitempty"`
	}
	// MediaClose notes that User has no socket in Call any more.
	MediaClose struct {
		Service string `json:"-"`
		Call    string `json:"call"`
		User    string `json:"user"`
	}
)

// Events of audio and of video: who has a media socket in a call, and so sits there. Service is "audio" or "video".
type (
	// MediaBegan: a daemon has just started its audio (or video) edge, so no socket of an earlier one is open.
	MediaBegan struct {
		Service string `json:"-"`
	}
	// MediaOpened: User now has an audio (or video) socket in Call. Idle says that he sends nothing over it (he only
	// listens or watches, or is muted): he keeps his seat, but is not in with audio (or video). Screen, of video, says that he
	// shares a screen. It comes again when either changes: the first config frame of a socket ends Idle. When a socket replaces another of the same user, no MediaClosed comes between.
	MediaOpened struct {
		Service string `json:"-"`
		Call    string `json:"call"`
		User    string `json:"user"`
		Idle    bool   `json:"idle,omitempty"`
		Screen  bool   `json:"screen,omitempty"`
	}
	// MediaClosed: User has no audio (or video) socket in Call any more.
	MediaClosed struct {
		Service string `json:"-"`
		Call    string `json:"call"`
		User    string `json:"user"`
	}
)

func (m MediaBegin) EventType() string  { return m.Service + ".begin" }
func (m MediaOpen) EventType() string   { return m.Service + ".open" }
func (m MediaClose) EventType() string  { return m.Service + ".close" }
func (m MediaBegan) EventType() string  { return m.Service + ".began" }
func (m MediaOpened) EventType() string { return m.Service + ".opened" }
func (m MediaClosed) EventType() string { return m.Service + ".closed" }
