package main

import (
	"path/filepath"
	"strings"
	"testing"

	"scaip/internal/admin"
	"scaip/internal/client"
	"scaip/internal/event"
)

func TestMuteExpelAdmit(t *testing.T) {
	s, _ := serve(t)
	for _, login := range []string{"ada", "bob"} {
		s.okWith("correct horse\n", "user", "add", login, "--password-stdin")
	}
	s.ok("group", "add", "Team", "--owner", "ada", "--member", "bob")
	call := strings.TrimSpace(s.ok("call", "start", "Team"))
	a := client.NewAdmin(filepath.Join(s.dir, admin.SocketName))
	as := func(login string, body event.Body) error {
		_, err := a.Command(t.Context(), login, body)
		return err
	}
	if err := as("bob", event.CallsJoin{Call: call}); err != nil {
		t.Fatal(err)
	}
	if err := as("bob", event.CallsRaiseHand{Call: call}); err != nil {
		t.Fatal(err)
	}
	s.ok("call", "mute", call, "bob")
	s.ok("call", "mute", call, "--all")
	bob := func() client.Participant {
		t.Helper()
		return decode[struct{ Call client.Call }](s, "call", "show", call).Call.Participants[0]
	}
	if p := bob(); !p.Muted || p.Hand.IsZero() {
		t.Errorf("bob is %+v, want him muted and his hand up", p)
	}
	if out := s.ok("call", "show", call); !strings.Contains(out, "in hand muted") {
		t.Errorf("call show:\n%s", out)
	}
	if err := as("ada", event.CallsJoin{Call: call}); err != nil { // so that it does not end with bob
		t.Fatal(err)
	}
	s.ok("call", "expel", call, "bob")
	if p := bob(); p.In || !p.Barred {
		t.Errorf("bob is %+v, want him out and barred", p)
	}
	if err := as("bob", event.CallsJoin{Call: call}); err == nil {
		t.Error("bob joins though he was expelled")
	}
	s.ok("call", "admit", call, "bob")
	if err := as("bob", event.CallsJoin{Call: call}); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"call", "mute", call}, {"call", "mute", call, "bob", "--all"}, {"call", "expel", call}} {
		if code, _, _ := s.run("", args...); code != exitUsage {
			t.Errorf("scaipd %q: exit %d, want %d", args, code, exitUsage)
		}
	}
	if code, _, _ := s.run("", "call", "expel", call, "eve"); code != 3 {
		t.Errorf("expel of somebody unknown: exit %d, want 3", code)
	}
}
