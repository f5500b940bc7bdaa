package event

// Commands to users.
type (
	// UsersUpdateProfile changes the actor's own profile.
	UsersUpdateProfile struct {
		Name  string `json:"name"`  // 1 to 64 characters
		Color string `json:"color"` // "#rrggbb"
	}
	// UsersDisable (admin) bars a user: sessions close, no new ones open.
	UsersDisable struct {
		User string `json:"user"`
	}
	// UsersEnable (admin) lifts UsersDisable.
	UsersEnable struct {
		User string `json:"user"`
	}
)

// Events of users.
type (
	// UsersCreated follows auth.registered.
	UsersCreated struct {
		User  string `json:"user"`
		Login string `json:"login"`
		Name  string `json:"name"`
		Color string `json:"color"`
		Role  string `json:"role"`
	}
	UsersProfileUpdated struct {
		User  string `json:"user"`
		Name  string `json:"name"`
		Color string `json:"color"`
	}
	UsersDisabled struct {
		User string `json:"user"`
	}
	UsersEnabled struct {
		User string `json:"user"`
	}
)

func (UsersUpdateProfile) EventType() string  { return "users.update_profile" }
func (UsersDisable) EventType() string        { return "users.disable" }
func (UsersEnable) EventType() string         { return "users.enable" }
func (UsersCreated) EventType() string        { return "users.created" }
func (UsersProfileUpdated) EventType() string { return "users.profile_updated" }
func (UsersDisabled) EventType() string       { return "users.disabled" }
func (UsersEnabled) EventType() string        { return "users.enabled" }
