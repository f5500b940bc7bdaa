package event

// Events of audio and of video: whose track is live. Service is "audio" or "video".
type (
	// MediaBegan: a daemon has just started its audio (or video) edge, so no track of an earlier one is live.
	MediaBegan struct {
		Service string `json:"-"`
	}
	// MediaOpened: User now sends audio (or video) in Call.
	MediaOpened struct {
		Service string `json:"-"`
		Call    string `json:"call"`
		User    string `json:"user"`
	}
	// MediaClosed: User no longer sends audio (or video) in Call.
	MediaClosed struct {
		Service string `json:"-"`
		Call    string `json:"call"`
		User    string `json:"user"`
	}
)

func (m MediaBegan) EventType() string  { return m.Service + ".began" }
func (m MediaOpened) EventType() string { return m.Service + ".opened" }
func (m MediaClosed) EventType() string { return m.Service + ".closed" }
