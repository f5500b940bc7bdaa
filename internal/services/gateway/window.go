package gateway

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Bounds of the window of events that can be resumed.
const (
	maxWindow      = 50_000
	maxWindowBytes = 16 << 20
	startWindow    = 20_000 // records that are read of what gateway.in holds at the start
)

// entry is an event as it goes to clients, and whom it concerns.
type entry struct {
	offset int64 // in gateway.in
	origin string
	seq    uint64

	scope   scope
	group   string // of scope groupScope
	user    string // the subject, who gets it whether or not he is in the group
	actor   string // on whose behalf, and in which session
	session string

	msg []byte // encoded eventMessage
}

// scope says what an entry's audience is, beside the session that asked for it.
type scope uint8

const (
	noScope      scope = iota // nobody
	sessionScope              // nobody else
	userScope                 // the subject and whoever shares a group with him
	groupScope                // the members of the group
)

// window holds the latest entries, and knows what it does not hold any more.
type window struct {
	entries []entry // in the order of offsets
	bytes   int     // of messages

	last int64             // offset of the last record read, entry or not; -1: none
	lost int64             // entries up to this offset may be missing; -1: none
	gone map[string]uint64 // by origin: entries up to this Seq may be missing
}

func newWindow() window { return window{last: -1, lost: -1, gone: map[string]uint64{}} }

func (w *window) len() int { return len(w.entries) }

// add appends an entry, and forgets the oldest ones for which there is no room.
func (w *window) add(e entry) {
	w.entries = append(w.entries, e)
	w.bytes += len(e.msg)
	for len(w.entries) > maxWindow || w.bytes > maxWindowBytes {
		old := w.entries[0]
		w.entries[0] = entry{}
		w.entries = w.entries[1:] // append moves what is left to a new array now and then
		w.bytes -= len(old.msg)
		w.lost = old.offset
		w.gone[old.origin] = max(w.gone[old.origin], old.seq)
	}
}

// after returns the entries above offset.
func (w *window) after(offset int64) []entry {
	i, _ := slices.BinarySearchFunc(w.entries, offset+1, func(e entry, o int64) int {
		switch {
		case e.offset < o:
			return -1
		case e.offset > o:
			return 1
		}
		return 0
	})
	return w.entries[i:]
}

// position is what a cursor says: the client knows everything up to the offset at, and everything up to the Seq that above gives by origin.
type position struct {
	at    int64
	above map[string]uint64
}

// queryOrigins are the outboxes from which the answer of GET /api/me derives, whose cursor gives a Seq for each.
var queryOrigins = [...]string{"users.out", "groups.out", "messaging.out", "calls.out"}

// seek returns the position of a cursor; false if the cursor is none of ours or the window does not hold everything after it.
//
// "g:<offset>" stands on every message of the gateway; "q:<base64url of a JSON object origin → Seq>" comes from query. That one may be ahead of
// gateway.in.
func (w *window) seek(cursor string) (position, bool) {
	kind, rest, _ := strings.Cut(cursor, ":")
	switch kind {
	case "g":
		at, err := strconv.ParseInt(rest, 10, 64)
		if err != nil || at < w.lost || at > w.last {
			return position{}, false
		}
		return position{at: at}, true
	case "q":
		var above map[string]uint64
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(rest, "="))
		if err != nil || json.Unmarshal(raw, &above) != nil || above == nil || len(above) > 16 {
			return position{}, false
		}
		for _, o := range queryOrigins {
			if above[o] < w.gone[o] {
				return position{}, false
			}
		}
		return position{at: w.lost, above: above}, true
	}
	return position{}, false
}

// cursorAt is the cursor of an offset.
func cursorAt(offset int64) string { return "g:" + strconv.FormatInt(offset, 10) }
