package gateway

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"scaip/internal/event"
)

// post asks at the unix socket's routes.
func (w *world) admin(body string) (int, string) {
	w.t.Helper()
	resp, err := http.Post(w.srv.URL+"/admin/command", "application/json", strings.NewReader(body))
	if err != nil {
		w.t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Error(err)
	}
	return resp.StatusCode, string(bytes.TrimSpace(raw))
}

func TestAdminCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	type answer struct {
		status int
		body   string
	}
	ask := func(body string) chan answer {
		ch := make(chan answer, 1)
		go func() {
			status, text := w.admin(body)
			ch <- answer{status, text}
		}()
		return ch
	}

	ch := ask(`{"as":"ada","type":"groups.create","body":{"name":"Team"}}`) // before anybody knows ada
	w.emit(event.UsersCreated{User: "u1", Login: "ada"})
	_, cmd := w.command(0)
	if cmd.Actor != "u1" || cmd.Session != event.LocalSession || !event.ValidID(cmd.ID) || cmd.At.IsZero() {
		t.Errorf("command %+v", cmd)
	}
	w.emitFor(event.Envelope{ID: "other", Actor: "u1", Session: event.LocalSession}, event.GroupsCreated{Group: "x"})
	w.emitFor(cmd, event.GroupsCreated{Group: "g", Name: "Team", Owner: "u1"})
	w.emitFor(cmd, event.GroupsMemberAdded{Group: "g", User: "u1", Role: "owner"})
	got := <-ch
	var out struct{ Events []event.Envelope }
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != 200 || len(out.Events) != 2 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	if out.Events[0].Type != "groups.created" || out.Events[1].Type != "groups.member_added" || out.Events[0].Session != "" {
		t.Errorf("got %s", got.body)
	}

	ch = ask(`{"as":"u1","id":"mine","type":"groups.leave","body":{"group":"g"}}`)
	if _, cmd = w.command(1); cmd.Actor != "u1" || cmd.ID != "mine" {
		t.Errorf("command %+v", cmd)
	}
	if status, body := w.admin(`{"as":"u1","id":"mine","type":"groups.leave","body":{"group":"g"}}`); status != 409 {
		t.Errorf("the same ID at the same time: %d %s", status, body)
	}
	w.emitFor(cmd, event.Refused{Service: "groups", Refusal: event.Refusal{Code: event.Conflict, Text: "You are the last owner."}})
	if got := <-ch; got.status != 409 || got.body != `{"code":"conflict","text":"You are the last owner."}` {
		t.Errorf("got %d %s", got.status, got.body)
	}

	ch = ask(`{"type":"calls.end","body":{"call":"c"}}`)
	if _, cmd = w.command(2); cmd.Actor != event.System || cmd.Session != event.LocalSession {
		t.Errorf("command %+v", cmd)
	}
	w.emitFor(cmd, event.Unchanged{Service: "calls"})
	if got := <-ch; got.status != 200 || !strings.Contains(got.body, "calls.unchanged") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestAdminCommandIsCheckedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	for body, want := range map[string]int{
		`{"as":"","type":"calls.tick","body":{}}`:                                    400,
		`{"as":"","type":"groups.leave","body":{"x":1}}`:                             400,
		`{"as":"","id":"../x","type":"groups.leave","body":{}}`:                      400,
		`{"as":"nobody","type":"groups.leave","body":{"group":"g"}}`:                 404,
		`{"as":"","type":"groups.leave","body":{},"session":"local"}`:                400,
		`{"as":"","type":"auth.open_session","body":{"user":"u1"}}`:                  400,
		`{"as":"` + strings.Repeat("a/", 100) + `","type":"groups.leave","body":{}}`: 404,
	} {
		if status, text := w.admin(body); status != want {
			t.Errorf("%s: %d %s, want %d", body, status, text, want)
		}
	}
	if b, _ := w.log.Bounds(t.Context(), "auth.in"); b.Next != 0 {
		t.Errorf("%d commands in the log, want none", b.Next)
	}
}
