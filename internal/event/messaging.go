package event

// Commands to messaging.
type (
	// MessagingPost writes to a group.
	MessagingPost struct {
		Group string `json:"group"`
		Text  string `json:"text"`           // 1 to 4,000 characters
		Call  string `json:"call,omitempty"` // the call it was written in
	}
	// MessagingEdit changes the actor's own message.
	MessagingEdit struct {
		Message string `json:"message"`
		Text    string `json:"text"`
	}
	// MessagingDelete removes the actor's own message, or, for an owner of the group, anybody's.
	MessagingDelete struct {
		Message string `json:"message"`
	}
	// MessagingReact sets (On) or takes back one emoji of the actor; at most 20 different ones a message.
	MessagingReact struct {
		Message string `json:"message"`
		Emoji   string `json:"emoji"` // 1 to 32 bytes
		On      bool   `json:"on"`
	}
)

// Events of messaging.
type (
	MessagingPosted struct {
		Message string `json:"message"`
		Group   string `json:"group"`
		Number  uint64 `json:"number"` // 1, 2, … in the group, without gaps
		Author  string `json:"author"`
		Text    string `json:"text"`
		Call    string `json:"call,omitempty"`
	}
	MessagingEdited struct {
		Message string `json:"message"`
		Group   string `json:"group"`
		Text    string `json:"text"`
	}
	MessagingDeleted struct {
		Message string `json:"message"`
		Group   string `json:"group"`
	}
	MessagingReacted struct {
		Message string `json:"message"`
		Group   string `json:"group"`
		User    string `json:"user"`
		Emoji   string `json:"emoji"`
		On      bool   `json:"on"`
	}
)

func (MessagingPost) EventType() string    { return "messaging.post" }
func (MessagingEdit) EventType() string    { return "messaging.edit" }
func (MessagingDelete) EventType() string  { return "messaging.delete" }
func (MessagingReact) EventType() string   { return "messaging.react" }
func (MessagingPosted) EventType() string  { return "messaging.posted" }
func (MessagingEdited) EventType() string  { return "messaging.edited" }
func (MessagingDeleted) EventType() string { return "messaging.deleted" }
func (MessagingReacted) EventType() string { return "messaging.reacted" }
