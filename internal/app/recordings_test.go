package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"scaip/internal/admin"
	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/media/replay"
	"scaip/internal/media/seal"
)

// held has user hold a call of two seconds in a group, and hang up.
func (d *daemon) held(group, user string) (call string) {
	d.t.Helper()
	started, err := event.As[event.CallsStarted](d.command(user, event.CallsStart{Group: group, Title: "Standup"}))
	if err != nil {
		d.t.Fatal(err)
	}
	call = started.Call
	d.command(user, event.CallsJoin{Call: call})
	d.command(user, event.MessagingPost{Group: group, Text: "hello", Call: call})
	for kind, cfg := range map[string]media.Config{
		media.Video: {User: user, Name: "Ada", Codec: "vp8", Width: 64, Height: 48},
		media.Audio: {User: user, Name: "Ada", Codec: "opus", SampleRate: 48000, Channels: 1},
	} {
		raw, _ := json.Marshal(cfg)
		recs := []log.Record{{Value: media.Frame{Config: true, Track: 4, Payload: raw}.Append(nil)}}
		for i := range 100 {
			recs = append(recs, log.Record{Value: media.Frame{Key: kind == media.Audio || i == 0, Track: 4, Seq: uint32(i + 1), PTS: int64(i) * 20000,
				Payload: bytes.Repeat([]byte{8}, 1000)}.Append(nil)})
		}
		if err := d.app.logs.media.Create(d.t.Context(), media.Topic(call, kind), log.Retention{}); err != nil {
			d.t.Fatal(err)
		}
		if _, err := d.app.logs.media.Append(d.t.Context(), media.Topic(call, kind), recs...); err != nil {
			d.t.Fatal(err)
		}
	}
	d.command(user, event.CallsLeave{Call: call})
	return call
}

// team makes a group, as soon as groups has heard of its owner.
func (d *daemon) team(owner string) (group string) {
	d.t.Helper()
	d.until("a group", func() bool {
		events, err := d.admin.Command(d.t.Context(), owner, event.GroupsCreate{Name: "Team"})
		if err != nil {
			return false
		}
		made, err := event.As[event.GroupsCreated](events[0])
		group = made.Group
		return err == nil
	})
	return group
}

// until waits for something that is to come.
func (d *daemon) until(what string, ok func() bool) {
	d.t.Helper()
	end := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-end:
			d.t.Fatalf("never: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (d *daemon) state(call string) seal.State {
	d.t.Helper()
	_, state, _, err := d.app.system.sealer.Find(call)
	if err != nil {
		d.t.Fatal(err)
	}
	return state
}

func (d *daemon) mediaTopics() int {
	infos, err := d.app.logs.media.Topics(d.t.Context(), "call.")
	if err != nil {
		d.t.Fatal(err)
	}
	return len(infos)
}

func TestRecordingsAreSealedServedAndDeleted(t *testing.T) {
	c := config(t)
	d := run(t, c)
	ada, token := d.user("ada", event.RoleUser)
	_, stranger := d.user("eve", event.RoleUser)
	group := d.team(ada)
	call := d.held(group, ada)

	s, err := d.admin.PrepareReplay(t.Context(), call, client.ReplayOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.until("sealed", func() bool { return d.state(call) == seal.Sealed && d.mediaTopics() == 0 })
	raw, err := os.ReadFile(d.app.dir.join("calls", call+".mkv"))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(raw); s.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("offered is %s, not the sealed file", s.SHA256)
	}
	var got bytes.Buffer
	if err := d.admin.Download(t.Context(), s, &got); err != nil || !bytes.Equal(got.Bytes(), raw) {
		t.Errorf("downloaded %d bytes, %v; want the sealed file", got.Len(), err)
	}
	part, err := d.admin.PrepareReplay(t.Context(), call, client.ReplayOptions{To: time.Second}, nil)
	if err != nil || part.Bytes >= s.Bytes {
		t.Errorf("a part: %+v, %v", part, err)
	}
	path := "/api/calls/" + call + "/replay.mkv"
	if status, body, _ := d.do(request{method: "GET", path: path, token: token}); status != 200 || body != string(raw) {
		t.Errorf("a member gets status %d, %d bytes", status, len(body))
	}
	if status, _, _ := d.do(request{method: "GET", path: path, token: stranger, header: http.Header{"Range": {"bytes=0-9"}}}); status != 404 {
		t.Errorf("a stranger gets status %d", status)
	}
	source, err := d.app.system.sealer.Source(call)
	if err != nil {
		t.Fatal(err)
	}
	source.Close()

	d.command("", event.CallsDelete{Call: call})
	d.until("deleted", func() bool {
		_, err := os.Stat(d.app.dir.join("calls", call+".mkv"))
		return errors.Is(err, os.ErrNotExist)
	})
	if left, _ := os.ReadDir(d.app.dir.join("replays")); len(left) != 0 {
		d.until("exports deleted", func() bool { left, _ = os.ReadDir(d.app.dir.join("replays")); return len(left) == 0 })
	}
	if status, _, _ := d.do(request{method: "GET", path: path, token: token}); status != 404 {
		t.Errorf("of a deleted call comes status %d", status)
	}
}

func TestRecordingsAreKeptAsTheGroupSays(t *testing.T) {
	c := config(t)
	d := run(t, c)
	ada, _ := d.user("ada", event.RoleUser)
	group := d.team(ada)
	d.command(ada, event.GroupsSetKeep{Group: group, Keep: event.KeepNone})
	none := d.held(group, ada)
	d.until("not kept", func() bool { return d.state(none) == seal.Gone && d.mediaTopics() == 0 })
	if _, err := d.admin.PrepareReplay(t.Context(), none, client.ReplayOptions{}, nil); err == nil {
		t.Error("a call that was not kept can be downloaded")
	}
	d.command(ada, event.GroupsSetKeep{Group: group, Keep: event.KeepDays, Days: 2})
	days := d.held(group, ada)
	d.until("sealed", func() bool { return d.state(days) == seal.Sealed })
	d.stop()

	d = run(t, c)
	var doctor admin.Doctor
	if err := d.admin.Do(t.Context(), "GET", "/admin/doctor?verify=1", nil, &doctor); err != nil {
		t.Fatal(err)
	}
	if last := doctor.Checks[len(doctor.Checks)-1]; last.Name != "recordings" || last.State != admin.OK {
		t.Errorf("doctor says %+v", last)
	}
	var call struct{ Call client.Call }
	if err := d.admin.Do(t.Context(), "GET", "/admin/calls/"+none, nil, &call); err != nil || call.Call.Kept || call.Call.State != "ended" {
		t.Errorf("the call %+v, %v; want it in the list, not kept", call.Call, err)
	}
}

// What the file tells came through the services.
func TestASealedCallTellsWhatHappened(t *testing.T) {
	d := run(t, config(t))
	ada, _ := d.user("ada", event.RoleUser)
	group := d.team(ada)
	call := d.held(group, ada)
	d.until("sealed", func() bool { return d.state(call) == seal.Sealed })
	f, _, _, _ := d.app.system.sealer.Find(call)
	raw, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{replay.AttachmentName, "ada: hello", "ada joined", "ada left", "calls.ended", "Standup"} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("the file does not hold %q", want)
		}
	}
}
