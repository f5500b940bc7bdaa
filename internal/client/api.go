package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// What the API answers (docs/protocol.md: U, G, C, M).
type (
	User struct {
		ID       string `json:"id"`
		Login    string `json:"login"`
		Name     string `json:"name"`
		Color    string `json:"color"`
		Role     string `json:"role"`
		Disabled bool   `json:"disabled"`
	}
	Group struct {
		ID       string    `json:"id"`
		Name     string    `json:"name"`
		Role     string    `json:"role"` // one's own
		Members  int       `json:"members"`
		Archived bool      `json:"archived"`
		Call     string    `json:"call"` // the running one
		Keep     string    `json:"keep"` // how long recordings are kept: "forever", "days" or "none"
		Days     int       `json:"days"`
		Last     time.Time `json:"last"`
	}
	Member struct {
		User User   `json:"user"`
		Role string `json:"role"`
	}
	GroupDetail struct {
		Group   Group    `json:"group"`
		Members []Member `json:"members"`
		Call    *Call    `json:"call"`
	}
	Participant struct {
		User   string    `json:"user"`
		Name   string    `json:"name"`
		Seat   int       `json:"seat"`
		In     bool      `json:"in"`
		Audio  bool      `json:"audio"`
		Video  bool      `json:"video"`
		Joined time.Time `json:"joined"`
		Hand   time.Time `json:"hand,omitzero"`
		Muted  bool      `json:"muted,omitempty"`
		Barred bool      `json:"barred,omitempty"`
	}
	Call struct {
		ID           string        `json:"id"`
		Group        string        `json:"group"`
		Title        string        `json:"title"`
		Maker        string        `json:"maker"`
		State        string        `json:"state"` // "scheduled", "running", "ended", "cancelled"
		Start        time.Time     `json:"start"`
		End          *time.Time    `json:"end"`
		Participants []Participant `json:"participants"`
		Keep         string        `json:"keep"`
		Days         int           `json:"days"`
		Until        *time.Time    `json:"until"`
		Kept         bool          `json:"kept"`    // there is a recording of it
		Stopped      string        `json:"stopped"` // why not all of it is kept: "disk" or "quota"
	}
	Reaction struct {
		Emoji string   `json:"emoji"`
		Users []string `json:"users"`
	}
	Message struct {
		ID        string     `json:"id"`
		Group     string     `json:"group"`
		Number    uint64     `json:"number"`
		Author    string     `json:"author"`
		Text      string     `json:"text"`
		At        time.Time  `json:"at"`
		Edited    *time.Time `json:"edited"`
		Deleted   bool       `json:"deleted"`
		Call      string     `json:"call"`
		Reactions []Reaction `json:"reactions"`
	}
	Me struct {
		User   User    `json:"user"`
		Groups []Group `json:"groups"`
		Cursor string  `json:"cursor"` // opens a Socket that misses nothing since
	}
)

// Me returns who one is and what one is in.
func (c *Client) Me(ctx context.Context) (Me, error) {
	var out Me
	err := c.get(ctx, "/api/me", &out)
	return out, err
}

// Users finds users by the beginning of a word of name or login.
func (c *Client) Users(ctx context.Context, search string, limit int) ([]User, error) {
	var out struct{ Users []User }
	err := c.get(ctx, "/api/users"+query("search", search, "limit", number(limit)), &out)
	return out.Users, err
}

// Groups returns one's groups.
func (c *Client) Groups(ctx context.Context) ([]Group, error) {
	var out struct{ Groups []Group }
	err := c.get(ctx, "/api/groups", &out)
	return out.Groups, err
}

// Group returns a group with its members and its running call.
func (c *Client) Group(ctx context.Context, id string) (GroupDetail, error) {
	var out GroupDetail
	err := c.get(ctx, "/api/groups/"+url.PathEscape(id), &out)
	return out, err
}

// Calls returns a group's calls, newest first.
func (c *Client) Calls(ctx context.Context, group string, limit int) ([]Call, error) {
	var out struct{ Calls []Call }
	err := c.get(ctx, "/api/groups/"+url.PathEscape(group)+"/calls"+query("limit", number(limit)), &out)
	return out.Calls, err
}

// Call returns a call.
func (c *Client) Call(ctx context.Context, id string) (Call, error) {
	var out struct{ Call Call }
	err := c.get(ctx, "/api/calls/"+url.PathEscape(id), &out)
	return out.Call, err
}

// Messages returns the newest messages of a group below the number before (0: the newest of all), oldest first; more: there are
// older ones.
func (c *Client) Messages(ctx context.Context, group string, before uint64, limit int) (list []Message, more bool, err error) {
	var out struct {
		Messages []Message
		More     bool
	}
	b := ""
	if before > 0 {
		b = strconv.FormatUint(before, 10)
	}
	err = c.get(ctx, "/api/groups/"+url.PathEscape(group)+"/messages"+query("before", b, "limit", number(limit)), &out)
	return out.Messages, out.More, err
}

func (c *Client) get(ctx context.Context, path string, out any) error {
	return c.do(ctx, "GET", path, nil, out)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
