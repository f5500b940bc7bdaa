package replay

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"scaip/internal/media/matroska"
)

// About is what is known of a call besides its frames. It becomes chapters, the chat track and the attachment of the file.
type About struct {
	Group  string
	People []Person // by seat
	Events []Happening
	Chat   []Line // by time
}

// Person had a seat in the call.
type Person struct {
	User string `json:"user"`
	Name string `json:"name"`
	Seat int    `json:"seat"`
}

// Happening is an event of the call, by time.
type Happening struct {
	At   time.Time
	Type string
	Body json.RawMessage
}

// Line is a message that was written in the call.
type Line struct {
	At   time.Time
	User string
	Name string
	Text string
}

// AttachmentName is the attached file that says what happened (docs/replay.md).
const AttachmentName = "scaip-call.json"

// Bounds of what a file tells; beyond, the rest is left out.
const (
	maxChapters = 300
	maxTalks    = 50_000
	lineShown   = 6 * time.Second
	longTalk    = 30 * time.Second
	chatUID     = 1 << 41 // after every participant's tracks
)

// attachment is the content of AttachmentName. Times are µs on the call's clock.
type attachment struct {
	Version int       `json:"version"`
	Call    string    `json:"call"`
	Group   string    `json:"group,omitempty"`
	Title   string    `json:"title"`
	Start   time.Time `json:"start"`
	Zero    int64     `json:"zero"` // where the file begins
	End     int64     `json:"end"`  // where it ends
	People  []Person  `json:"people"`
	Events  []told    `json:"events"`
	Chat    []said    `json:"chat"`
	Talk    []talk    `json:"talk"`
	Shares  []talk    `json:"shares"` // times during which somebody showed a screen
}

type told struct {
	T    int64           `json:"t"`
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

type said struct {
	T    int64  `json:"t"`
	User string `json:"user"`
	Name string `json:"name"`
	Text string `json:"text"`
}

// talk is a time during which somebody spoke.
type talk struct {
	Seat int   `json:"seat"`
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// teller puts into the file what About tells, and who spoke.
type teller struct {
	o      Options
	chat   []Line // that is still to come
	track  int
	added  bool
	talks  talks
	shares talks
}

func newTeller(o Options) *teller {
	t := &teller{o: o, talks: talks{hang: talkHang, open: map[int]*talk{}}, shares: talks{hang: shareHang, open: map[int]*talk{}}}
	if o.About != nil {
		t.chat = o.About.Chat
	}
	return t
}

// clock returns where a time is on the call's clock.
func (t *teller) clock(at time.Time) time.Duration { return max(at.Sub(t.o.Start), 0) }

// lines writes the chat up to a time; c has begun.
func (t *teller) lines(c *cut, until time.Duration) error {
	for len(t.chat) > 0 && t.clock(t.chat[0].At) <= until {
		l := t.chat[0]
		t.chat = t.chat[1:]
		at := t.clock(l.At)
		if at < c.zero || t.o.To > 0 && at >= t.o.To {
			continue
		}
		if !t.added {
			var err error
			if t.track, err = c.w.AddTrack(matroska.Track{UID: chatUID, Kind: matroska.Text, Name: "Chat"}); err != nil {
				return fmt.Errorf("add chat: %w", err)
			}
			t.added = true
		}
		err := c.w.Write(matroska.Packet{Track: t.track, PTS: at - c.zero, Key: true, Duration: lineShown,
			Data: []byte(cmp.Or(l.Name, l.User) + ": " + l.Text)})
		if err != nil {
			return err
		}
	}
	return nil
}

// finish adds chapters and attachment.
func (t *teller) finish(w *matroska.Writer, c *cut) error {
	if t.o.About == nil {
		return nil
	}
	a := t.attachment(c.zero, c.last.Microseconds())
	for _, ch := range t.chapters(&a) {
		ch.At -= c.zero
		w.AddChapter(ch)
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode attachment: %w", err)
	}
	w.Attach(matroska.Attachment{Name: AttachmentName, MIME: "application/json", Description: "what happened in the call", Data: raw})
	return nil
}

// attachment tells the story from zero on, where the file begins, to end, µs.
func (t *teller) attachment(zero time.Duration, end int64) attachment {
	about := About{}
	if t.o.About != nil {
		about = *t.o.About
	}
	a := attachment{Version: 1, Call: t.o.Call, Group: about.Group, Title: t.o.Title, Start: t.o.Start.UTC(), Zero: zero.Microseconds(),
		End: end, People: append([]Person{}, about.People...), Events: []told{}, Chat: []said{}, Talk: t.talks.all(), Shares: t.shares.all()}
	within := func(at time.Duration) bool { return at >= zero && (t.o.To == 0 || at < t.o.To) }
	for _, e := range about.Events {
		if at := t.clock(e.At); within(at) {
			a.Events = append(a.Events, told{at.Microseconds(), e.Type, e.Body})
		}
	}
	for _, l := range about.Chat {
		if at := t.clock(l.At); within(at) {
			a.Chat = append(a.Chat, said{at.Microseconds(), l.User, l.Name, l.Text})
		}
	}
	return a
}

// chapters tells who came, who went and who spoke long.
func (t *teller) chapters(a *attachment) (list []matroska.Chapter) {
	names := map[int]string{}
	users := map[string]string{}
	for _, p := range a.People {
		names[p.Seat], users[p.User] = cmp.Or(p.Name, p.User), cmp.Or(p.Name, p.User)
	}
	for _, e := range a.Events {
		verb := map[string]string{"calls.joined": "joined", "calls.left": "left"}[e.Type]
		var who struct {
			User string `json:"user"`
		}
		if verb == "" || json.Unmarshal(e.Body, &who) != nil || len(list) >= maxChapters {
			continue
		}
		list = append(list, matroska.Chapter{At: time.Duration(e.T) * time.Microsecond, Title: cmp.Or(users[who.User], who.User) + " " + verb})
	}
	long := slices.DeleteFunc(slices.Clone(a.Talk), func(s talk) bool { return s.To-s.From < longTalk.Microseconds() })
	slices.SortStableFunc(long, func(x, y talk) int { return cmp.Compare(y.To-y.From, x.To-x.From) })
	for _, s := range long[:min(len(long), maxChapters)] {
		list = append(list, matroska.Chapter{At: time.Duration(s.From) * time.Microsecond, Title: cmp.Or(names[s.Seat], "?") + " speaks"})
	}
	slices.SortStableFunc(list, func(x, y matroska.Chapter) int { return cmp.Compare(x.At, y.At) })
	return list
}

// talks finds out who speaks when, from the levels of the frames, or who shows pictures.
type talks struct {
	hang int64         // µs of nothing that end one
	open map[int]*talk // by seat
	done []talk
}

const (
	loud     = 45               // −dBov; louder is speech
	talkHang = int64(1_500_000) // µs of quiet that end it
	talkMin  = int64(300_000)   // µs; less is a cough
	frameLen = int64(20_000)    // µs

	shareHang = int64(6_000_000) // µs without a picture that end a share: a page that stands still has few
)

// hear takes an audio frame of a level, −dBov.
func (t *talks) hear(seat int, pts int64, level uint8) { t.note(seat, pts, level < loud) }

// see takes a frame of a picture.
func (t *talks) see(seat int, pts int64) { t.note(seat, pts, true) }

// note takes a frame; on: it counts.
func (t *talks) note(seat int, pts int64, on bool) {
	s := t.open[seat]
	if s != nil && pts-s.To > t.hang {
		t.end(seat, s)
		s = nil
	}
	if !on {
		return
	}
	if s == nil {
		s = &talk{Seat: seat, From: pts}
		t.open[seat] = s
	}
	s.To = max(s.To, pts+frameLen)
}

func (t *talks) end(seat int, s *talk) {
	delete(t.open, seat)
	if s.To-s.From >= talkMin && len(t.done) < maxTalks {
		t.done = append(t.done, *s)
	}
}

// all returns who spoke when, by time.
func (t *talks) all() []talk {
	for seat, s := range t.open {
		t.end(seat, s)
	}
	slices.SortFunc(t.done, func(a, b talk) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Seat, b.Seat)) })
	return append([]talk{}, t.done...)
}
