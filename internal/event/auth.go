package event

import "time"

// Roles of an account.
const (
	RoleUser  = "user"
	RoleAdmin = "admin"
)

// Auth's commands are never sent over the log: they carry secrets, so auth takes them over HTTP (or the unix
// socket) and decides them itself. Their bodies hold everything but the secret.
type (
	// AuthRegister asks for an account.
	AuthRegister struct {
		Login string `json:"login"` // 2 to 32 of [a-z0-9._-], starts with a letter
		Name  string `json:"name"`  // 1 to 64 characters; the login if empty
		Role  string `json:"role"`
	}
	// AuthOpenSession asks for a session for User; whoever sends it has checked the password.
	AuthOpenSession struct {
		User    string    `json:"user"`
		Session string    `json:"session"` // SessionID of the token
		Expires time.Time `json:"expires"`
		Agent   string    `json:"agent"` // at most 200 characters of the User-Agent
	}
	// AuthCloseSession asks to close one session.
	AuthCloseSession struct {
		Session string `json:"session"`
	}
	// AuthChangePassword asks to note that User's password has changed; all other sessions close.
	AuthChangePassword struct {
		User string `json:"user"`
		Keep string `json:"keep"` // session that stays open, or empty
	}
	// AuthTick tells auth what time it is (the envelope's At): sessions that are due close. Sent by the daemon's ticker only.
	AuthTick struct{}
)

// Auth's events.
type (
	// AuthRegistered: an account exists.
	AuthRegistered struct {
		User  string `json:"user"`
		Login string `json:"login"`
		Name  string `json:"name"`
		Role  string `json:"role"`
	}
	// AuthSessionOpened: a session exists until Expires or AuthSessionClosed.
	AuthSessionOpened struct {
		Session string    `json:"session"`
		User    string    `json:"user"`
		Role    string    `json:"role"`
		Expires time.Time `json:"expires"`
		Agent   string    `json:"agent,omitempty"`
	}
	// AuthSessionClosed: a session is no more; its sockets close.
	AuthSessionClosed struct {
		Session string `json:"session"`
		User    string `json:"user"`
		Reason  string `json:"reason"` // "logout", "disabled", "password", "expired", "replaced" (by the newest of too many)
	}
	// AuthPasswordChanged: User has a new password.
	AuthPasswordChanged struct {
		User string `json:"user"`
	}
)

func (AuthRegister) EventType() string        { return "auth.register" }
func (AuthOpenSession) EventType() string     { return "auth.open_session" }
func (AuthCloseSession) EventType() string    { return "auth.close_session" }
func (AuthChangePassword) EventType() string  { return "auth.change_password" }
func (AuthTick) EventType() string            { return "auth.tick" }
func (AuthRegistered) EventType() string      { return "auth.registered" }
func (AuthSessionOpened) EventType() string   { return "auth.session_opened" }
func (AuthSessionClosed) EventType() string   { return "auth.session_closed" }
func (AuthPasswordChanged) EventType() string { return "auth.password_changed" }
