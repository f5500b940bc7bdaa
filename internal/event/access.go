package event

// Access says who may send a command or make a request.
type Access string

// The levels of access. What a member may do in a group is decided by the service that owns the group.
const (
	Anyone  Access = "anyone" // without a session
	AnyUser Access = "user"   // any live session
	Admin   Access = "admin"  // a live session of an administrator, or the unix socket
	Local   Access = "local"  // the unix socket only
	Daemon  Access = "daemon" // the daemon itself only
)

// CommandAccess is the authorisation table of commands: each command type has its row. A type without a row is
// refused.
func CommandAccess() map[string]Access {
	return map[string]Access{
		"auth.register":        Daemon, // by auth's own HTTP and unix-socket handlers
		"auth.open_session":    Daemon,
		"auth.close_session":   Daemon,
		"auth.change_password": Daemon,
		"auth.tick":            Daemon,

		"users.update_profile": AnyUser,
		"users.disable":        Admin,
		"users.enable":         Admin,

		"groups.create":        AnyUser,
		"groups.rename":        AnyUser,
		"groups.add_member":    AnyUser,
		"groups.set_role":      AnyUser,
		"groups.remove_member": AnyUser,
		"groups.leave":         AnyUser,
		"groups.set_keep":      AnyUser,
		"groups.archive":       AnyUser,

		"messaging.post":   AnyUser,
		"messaging.edit":   AnyUser,
		"messaging.delete": AnyUser,
		"messaging.react":  AnyUser,

		"calls.start":        AnyUser,
		"calls.schedule":     AnyUser,
		"calls.cancel":       AnyUser,
		"calls.join":         AnyUser,
		"calls.leave":        AnyUser,
		"calls.end":          AnyUser,
		"calls.set_behind":   AnyUser,
		"calls.raise_hand":   AnyUser,
		"calls.lower_hand":   AnyUser, // another's: an owner of the group
		"calls.react":        AnyUser,
		"calls.mute":         AnyUser, // an owner of the group
		"calls.unmute":       AnyUser,
		"calls.expel":        AnyUser, // an owner of the group
		"calls.admit":        AnyUser, // an owner of the group
		"calls.delete":       AnyUser,
		"calls.make_clip":    AnyUser, // a member of the group
		"calls.revoke_clip":  AnyUser, // its maker, or an owner of the group
		"calls.stop_keeping": Daemon,
		"calls.tick":         Daemon,

		"audio.begin": Daemon, // by the media sockets themselves
		"audio.open":  Daemon,
		"audio.close": Daemon,
		"video.begin": Daemon,
		"video.open":  Daemon,
		"video.close": Daemon,
	}
}

// RouteAccess is the authorisation table of HTTP: each route ("METHOD /pattern", in the syntax of http.ServeMux)
// has its row, those of the unix socket too ("/admin/…"). A route without a row does not start.
func RouteAccess() map[string]Access {
	return map[string]Access{
		"GET /":        Anyone, // the client's files
		"GET /healthz": Anyone,
		"GET /readyz":  Anyone,
		"GET /version": Anyone,

		"POST /api/auth/setup":    Anyone, // with the one-time setup token
		"POST /api/auth/register": Anyone, // if registration is open
		"POST /api/auth/login":    Anyone,
		"POST /api/auth/logout":   AnyUser,
		"POST /api/auth/password": AnyUser,
		"GET /api/auth/session":   Anyone, // answers who the caller is, if anybody

		"GET /api/recordings":            Admin, // what they take
		"GET /api/recordings/calls":      Admin, // call by call
		"GET /api/me":                    AnyUser,
		"GET /api/users":                 AnyUser,
		"GET /api/groups":                AnyUser,
		"GET /api/groups/{id}":           AnyUser,
		"GET /api/groups/{id}/calls":     AnyUser,
		"GET /api/groups/{id}/messages":  AnyUser,
		"GET /api/calls/{id}":            AnyUser,
		"GET /api/calls/{id}/events":     AnyUser,
		"GET /api/calls/{id}/replay.mkv": AnyUser,
		"GET /api/calls/{id}/timeline":   AnyUser, // who spoke when, what was written
		"POST /api/calls/{id}/replay":    AnyUser, // prepare the file; answers its progress

		"GET /api/calls/{id}/clips":         AnyUser,
		"GET /api/clips/{token}":            Anyone, // who has the token of a clip
		"GET /api/clips/{token}/timeline":   Anyone, // likewise
		"GET /api/clips/{token}/replay.mkv": Anyone, // likewise
		"GET /media/clip/{token}":           Anyone, // likewise

		"GET /ws":                 AnyUser,
		"GET /media/audio/{call}": AnyUser,
		"GET /media/video/{call}": AnyUser,
		"GET /media/past/{call}":  AnyUser, // from any moment on

		"GET /admin/status":                  Local,
		"GET /admin/doctor":                  Local,
		"GET /admin/routes":                  Local,
		"POST /admin/command":                Local, // a command on behalf of a user
		"GET /admin/users":                   Local,
		"POST /admin/users":                  Local,
		"POST /admin/users/{user}/password":  Local,
		"POST /admin/sessions":               Local, // a session for a user: the bot's
		"GET /admin/groups":                  Local,
		"GET /admin/groups/{group}":          Local,
		"GET /admin/calls":                   Local,
		"GET /admin/calls/{call}":            Local,
		"GET /admin/calls/{call}/replay.mkv": Local,
		"POST /admin/calls/{call}/replay":    Local, // prepare the file; answers its progress
		"GET /admin/log":                     Local, // the topics
		"GET /admin/log/{topic}":             Local, // records as NDJSON
		"POST /admin/rebuild/{service}":      Local,
	}
}
