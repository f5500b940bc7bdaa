package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/media/seal"
	"scaip/internal/ws"
)

// clipped is a clip and its token.
type clipped struct{ call, clip, token string }

// clip makes a clip of a call from 0.5 s to 1.2 s, good for an hour.
func (d *daemon) clip(call, user string, members bool) clipped {
	d.t.Helper()
	raw := make([]byte, 32)
	rand.Read(raw)
	token := base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(token))
	made, err := event.As[event.CallsClipMade](d.command(user, event.CallsMakeClip{Call: call, From: 500_000, To: 1_200_000, Title: "The good part",
		Hash: hex.EncodeToString(sum[:]), Expires: d.app.c.Now().Add(time.Hour), Members: members}))
	if err != nil {
		d.t.Fatal(err)
	}
	return clipped{call, made.Clip, token}
}

// ways are all that a token opens.
func (c clipped) ways() []string {
	return []string{"/api/clips/" + c.token, "/api/clips/" + c.token + "/timeline", "/api/clips/" + c.token + "/replay.mkv", "/media/clip/" + c.token}
}

// shut reports an error unless every way is answered like a token that never was.
func (d *daemon) shut(what string, c clipped, session string) {
	d.t.Helper()
	never := clipped{token: base64.RawURLEncoding.EncodeToString(make([]byte, 32))}
	for i, path := range c.ways() {
		for _, header := range []http.Header{{}, {"Range": {"bytes=0-99"}}} {
			status, body, _ := d.do(request{method: "GET", path: path, token: session, header: header})
			want, text, _ := d.do(request{method: "GET", path: never.ways()[i]})
			if status != http.StatusNotFound || status != want || body != text {
				d.t.Errorf("%s: GET %s %v: %d %.80s, want %d %.80s as for a token that never was", what, path, header, status, body, want, text)
			}
		}
	}
}

func TestClips(t *testing.T) {
	d := run(t, config(t))
	ada, adas := d.user("ada", event.RoleUser)
	bob, bobs := d.user("bob", event.RoleUser)
	_, eves := d.user("eve", event.RoleUser)
	group := d.team(ada)
	d.command(ada, event.GroupsAddMember{Group: group, User: bob})
	call := d.held(group, ada)
	d.until("sealed", func() bool { return d.state(call) == seal.Sealed })
	open, members := d.clip(call, bob, false), d.clip(call, bob, true)

	status, body, _ := d.do(request{method: "GET", path: open.ways()[0]})
	var m struct {
		Title    string
		From, To int64
		Bytes    int
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil || status != 200 || m.Title != "The good part" || m.From != 500_000 || m.To != 1_200_000 {
		t.Errorf("the manifest is %d %s", status, body)
	}
	if _, file, _ := d.do(request{method: "GET", path: open.ways()[2]}); len(file) != m.Bytes || m.Bytes < 10_000 {
		t.Errorf("the file has %d bytes, want %d", len(file), m.Bytes)
	}
	status, piece, head := d.do(request{method: "GET", path: open.ways()[2], header: http.Header{"Range": {"bytes=0-9"}}})
	if status != http.StatusPartialContent || len(piece) != 10 || head.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("of a range come %d, %d bytes, %v", status, len(piece), head)
	}
	d.watch(open)
	if status, body, _ := d.do(request{method: "GET", path: "/api/calls/" + call + "/clips", token: adas}); status != 200 || strings.Count(body, `"id"`) != 2 || strings.Contains(body, open.token) {
		t.Errorf("the list is %d %s, want two clips", status, body)
	}
	if status, _, _ := d.do(request{method: "GET", path: "/api/calls/" + call + "/clips", token: eves}); status != 404 {
		t.Errorf("a stranger gets the list with %d", status)
	}

	if status, _, _ := d.do(request{method: "GET", path: members.ways()[0], token: bobs}); status != 200 {
		t.Errorf("a member gets a members' clip with %d", status)
	}
	d.shut("a members' clip, nobody", members, "")
	d.shut("a members' clip, a stranger", members, eves)
	d.command(ada, event.GroupsRemoveMember{Group: group, User: bob})
	d.until("bob is out", func() bool {
		status, _, _ := d.do(request{method: "GET", path: "/api/groups/" + group, token: bobs})
		return status == 404
	})
	d.shut("a members' clip, who was removed", members, bobs)
	d.shut("half a token", clipped{token: open.token[:40]}, adas)
	d.shut("the clip's ID", clipped{token: open.clip}, adas)

	d.command(ada, event.CallsRevokeClip{Call: call, Clip: open.clip})
	d.until("revoked", func() bool { s, _, _ := d.do(request{method: "GET", path: open.ways()[0]}); return s == 404 })
	d.shut("revoked", open, adas)
	again := d.clip(call, ada, false)
	d.ahead.Store(int64(2 * time.Hour))
	d.shut("expired", again, "")
	d.ahead.Store(0)
	if status, _, _ := d.do(request{method: "GET", path: again.ways()[0]}); status != 200 {
		t.Errorf("before it expired: %d", status)
	}
	d.command("", event.CallsDelete{Call: call})
	d.until("deleted", func() bool { s, _, _ := d.do(request{method: "GET", path: again.ways()[0]}); return s == 404 })
	d.shut("of a deleted call", again, adas)
}

// watch plays a clip as somebody without an account does, asking for more than there is, and has it revoked meanwhile: the socket ends.
func (d *daemon) watch(c clipped) {
	t := d.t
	t.Helper()
	conn, err := ws.Dial(t.Context(), d.url+c.ways()[3], nil, ws.Options{ReadLimit: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if err := conn.Write(t.Context(), false, []byte(`{"seek":{"id":1,"at":0,"until":9000000000}}`)); err != nil {
		t.Fatal(err)
	}
	var first, last int64 = 1 << 60, 0
	frames := 0
	for ended := false; !ended; {
		binary, data, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !binary {
			var m struct{ Sent *int64 }
			ended = json.Unmarshal(data, &m) == nil && m.Sent != nil && *m.Sent > 9e9
			continue
		}
		for rest := data[1:]; len(rest) > 0; {
			var f media.Frame
			if f, rest, err = media.ParseFrame(rest); err != nil {
				t.Fatal(err)
			}
			if !f.Config {
				frames++
				first, last = min(first, f.PTS), max(last, f.PTS)
			}
		}
	}
	if frames < 50 || last >= 1_200_000 {
		t.Errorf("%d frames from %d to %d µs came of a clip up to 1,200,000", frames, first, last)
	}
}

func TestARevokedClipEndsWhileOneWatches(t *testing.T) {
	d := run(t, config(t))
	ada, _ := d.user("ada", event.RoleUser)
	call := d.held(d.team(ada), ada)
	d.until("sealed", func() bool { return d.state(call) == seal.Sealed })
	c := d.clip(call, ada, false)
	conn, err := ws.Dial(t.Context(), d.url+c.ways()[3], nil, ws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	d.command(ada, event.CallsRevokeClip{Call: call, Clip: c.clip})
	for {
		if _, _, err = conn.Read(t.Context()); err != nil {
			break
		}
	}
	if code, _, ok := ws.CloseError(err); !ok || code != ws.Policy && code != ws.Normal {
		t.Errorf("the socket ended with %v", err)
	}
}
