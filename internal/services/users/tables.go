package users

import (
	"crypto/sha256"

	"scaip/internal/store"
)

// user is a row of the table of profiles.
type user struct {
	Login    string `json:"login"`
	Name     string `json:"name"`
	Color    string `json:"color"`
	Role     string `json:"role"`
	Disabled bool   `json:"disabled,omitempty"`
}

const (
	tableUsers  = store.Table[user]("users/users")      // by user
	tableAdmins = store.Table[struct{}]("users/admins") // by user: the enabled administrators
)

// palette holds the colours of new users: of one lightness, so that white text reads on each (contrast at least 4.5), and far
// enough apart in hue to tell neighbours from each other.
func palette() []string {
	return []string{
		"#c2410c", "#b45309", "#a16207", "#4d7c0f", "#15803d", "#047857", "#0f766e", "#0e7490",
		"#0369a1", "#1d4ed8", "#4338ca", "#6d28d9", "#7e22ce", "#a21caf", "#be185d", "#be123c",
	}
}

// colorOf chooses the colour of a new user by the ID.
func colorOf(id string) string {
	colors := palette()
	sum := sha256.Sum256([]byte(id))
	return colors[int(sum[0])%len(colors)]
}
