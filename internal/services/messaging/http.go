package messaging

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// HTTP answers pages of messages from the store. All fields are required.
type HTTP struct {
	Store  store.Store
	Gate   services.Gate
	Logger *slog.Logger
}

// Page sizes.
const (
	defaultPage = 50
	maxPage     = 100
)

// Message is a message as docs/protocol.md shows it.
type Message struct {
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

// Reaction lists who reacted with Emoji, by ID.
type Reaction struct {
	Emoji string   `json:"emoji"`
	Users []string `json:"users"`
}

// Routes returns the routes of messaging.
func Routes(h HTTP) []services.Route {
	return []services.Route{{Pattern: "GET /api/groups/{id}/messages", Handler: http.HandlerFunc(h.messages)}}
}

func (h HTTP) messages(w http.ResponseWriter, r *http.Request) {
	page, more, err := h.page(r)
	if err != nil {
		services.WriteError(w, h.Logger, err)
		return
	}
	services.WriteJSON(w, http.StatusOK, struct {
		Messages []Message `json:"messages"`
		More     bool      `json:"more"`
	}{page, more})
}

func (h HTTP) page(r *http.Request) (page []Message, more bool, err error) {
	session, err := h.Gate.Authenticate(r)
	if err != nil {
		return nil, false, err
	}
	before, err := services.Number(r, "before", services.Bounds{Min: 1, Max: 1 << 62, Default: 1 << 62})
	if err != nil {
		return nil, false, err
	}
	limit, err := services.Number(r, "limit", services.Bounds{Min: 1, Max: maxPage, Default: defaultPage})
	if err != nil {
		return nil, false, err
	}
	group := r.PathValue("id")
	if !event.ValidID(group) {
		return nil, false, noGroup()
	}
	err = h.Gate.Settle(r.Context(), func() error {
		return h.Store.View(func(v store.Reader) error {
			if in, err := tableMembers.Has(v, memberKey(group, session.User)); err != nil || !in {
				return orElse(err, noGroup())
			}
			page, more, err = Page(v, place{group, before}, int(limit))
			return err
		})
	})
	return page, more, err
}

// Page returns the newest limit messages of a group below before, oldest first, and whether there are older ones.
func Page(r store.Reader, before place, limit int) (page []Message, more bool, err error) {
	page = []Message{} // an empty page is [], not null
	rng := store.Range{Prefix: before.Group + "/", To: messageKey(before), Reverse: true}
	for row, err := range tableMessages.Scan(r, rng) {
		if err != nil {
			return nil, false, err
		}
		if len(page) == limit {
			more = true
			break
		}
		m, err := show(r, row)
		if err != nil {
			return nil, false, err
		}
		page = append(page, m)
	}
	slices.Reverse(page)
	return page, more, nil
}

func show(r store.Reader, row store.Entry[message]) (Message, error) {
	group, hex, _ := strings.Cut(row.Key, "/")
	n, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		return Message{}, fmt.Errorf("read number of message %q: %w", row.Key, err)
	}
	m := row.Value
	out := Message{
		ID: m.ID, Group: group, Number: n, Author: m.Author, Text: m.Text, At: m.At, Edited: m.Edited, Deleted: m.Deleted, Call: m.Call,
		Reactions: []Reaction{},
	}
	if len(m.Emoji) == 0 {
		return out, nil
	}
	users := map[string][]string{}
	prefix := reactionPrefix(place{group, n})
	for kv, err := range r.Scan(string(tableReactions), store.Range{Prefix: prefix}) {
		if err != nil {
			return Message{}, err
		}
		user, emoji, _ := strings.Cut(kv.Key[len(prefix):], "/")
		users[emoji] = append(users[emoji], user)
	}
	for _, x := range m.Emoji {
		out.Reactions = append(out.Reactions, Reaction{Emoji: x.Emoji, Users: users[x.Emoji]})
	}
	return out, nil
}

func noGroup() error {
	return event.Refuse(event.NotFound, "There is no such group, or you are not in it.")
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
