package users

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

var _ services.Machine = New()

func register(id, role string) event.AuthRegistered {
	return event.AuthRegistered{User: id, Login: "l" + id, Name: "N " + id, Role: role}
}

func TestRegisteredMakesAProfileOnce(t *testing.T) {
	rig := machinetest.New(t, New())
	got := rig.Hear(register("u1", event.RoleAdmin))
	if want := []string{"users.created"}; !slices.Equal(machinetest.Types(got), want) {
		t.Fatalf("events %v, want %v", machinetest.Types(got), want)
	}
	b, err := event.As[event.UsersCreated](got[0])
	want := event.UsersCreated{User: "u1", Login: "lu1", Name: "N u1", Color: colorOf("u1"), Role: event.RoleAdmin}
	if err != nil || b != want {
		t.Errorf("got %+v, %v; want %+v", b, err, want)
	}
	if again := rig.Hear(register("u1", event.RoleAdmin)); len(again) != 0 {
		t.Errorf("a second auth.registered gives %v", machinetest.Types(again))
	}
}

func TestCommands(t *testing.T) {
	update := func(name, color string) event.Body { return event.UsersUpdateProfile{Name: name, Color: color} }
	cases := []struct {
		name  string
		actor string
		body  event.Body
		code  event.Code
		types []string
	}{
		{"new name and colour", "bob", update(" Bobby ", "#ABCDEF"), "", []string{"users.profile_updated"}},
		{"same profile", "bob", update("N bob", colorOf("bob")), "", []string{}},
		{"empty name", "bob", update("", "#abcdef"), event.Invalid, nil},
		{"name with a break", "bob", update("a\nb", "#abcdef"), event.Invalid, nil},
		{"name too long", "bob", update(strings.Repeat("x", 65), "#abcdef"), event.Invalid, nil},
		{"colour by name", "bob", update("Bob", "red"), event.Invalid, nil},
		{"colour that is code", "bob", update("Bob", "#12345g"), event.Invalid, nil},
		{"no profile", "nobody", update("Bob", "#abcdef"), event.NotFound, nil},
		{"profile of a barred user", "off", update("Bob", "#abcdef"), event.Denied, nil},
		{"disable", "ada", event.UsersDisable{User: "bob"}, "", []string{"users.disabled"}},
		{"disable twice", "ada", event.UsersDisable{User: "off"}, "", []string{}},
		{"disable oneself", "ada", event.UsersDisable{User: "ada"}, event.Conflict, nil},
		{"disable nobody", "ada", event.UsersDisable{User: "nobody"}, event.NotFound, nil},
		{"disable a path", "ada", event.UsersDisable{User: "../ada"}, event.Invalid, nil},
		{"the socket disables the last administrator", event.System, event.UsersDisable{User: "ada"}, event.Conflict, nil},
		{"enable", "ada", event.UsersEnable{User: "off"}, "", []string{"users.enabled"}},
		{"enable who is enabled", "ada", event.UsersEnable{User: "bob"}, "", []string{}},
		{"enable nobody", "ada", event.UsersEnable{User: "nobody"}, event.NotFound, nil},
		{"unknown command", "ada", event.Unchanged{Service: "users"}, event.Invalid, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rig := machinetest.New(t, New())
			rig.Hear(register("ada", event.RoleAdmin))
			rig.Hear(register("bob", event.RoleUser))
			rig.Hear(register("off", event.RoleAdmin))
			rig.Must("ada", event.UsersDisable{User: "off"})
			got, err := rig.Do(c.actor, c.body)
			if code := machinetest.CodeOf(err); code != c.code {
				t.Fatalf("code %q (%v), want %q", code, err, c.code)
			}
			if c.types != nil && !slices.Equal(machinetest.Types(got), c.types) {
				t.Errorf("events %v, want %v", machinetest.Types(got), c.types)
			}
		})
	}
}

// TestPaletteReadsUnderWhite holds the palette to WCAG 2.2's contrast of 4.5 (https://www.w3.org/TR/WCAG22/#contrast-minimum).
func TestPaletteReadsUnderWhite(t *testing.T) {
	for _, c := range palette() {
		if !isColor(c) {
			t.Fatalf("%s is no colour", c)
		}
		lum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(c[1+2*i:3+2*i], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			v := float64(n) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			lum += weight * v
		}
		if ratio := 1.05 / (lum + 0.05); ratio < 4.5 {
			t.Errorf("%s has the contrast %.2f to white, want at least 4.5", c, ratio)
		}
	}
}

// TestAgainstModel runs random commands beside a model of two sets; one enabled administrator always remains.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rig := machinetest.New(t, New())
		role, disabled := map[string]string{}, map[string]bool{}
		admins := func() (n int) {
			for id, r := range role {
				if r == event.RoleAdmin && !disabled[id] {
					n++
				}
			}
			return n
		}
		ids := rapid.SampledFrom([]string{"u1", "u2", "u3", "u4", "u5"})
		t.Repeat(map[string]func(*rapid.T){
			"register": func(t *rapid.T) {
				id := ids.Draw(t, "user")
				r := rapid.SampledFrom([]string{event.RoleAdmin, event.RoleUser}).Draw(t, "role")
				if len(role) == 0 {
					r = event.RoleAdmin
				}
				rig.Hear(register(id, r))
				if role[id] == "" {
					role[id] = r
				}
			},
			"disable": func(t *rapid.T) {
				actor, id := ids.Draw(t, "actor"), ids.Draw(t, "user")
				_, err := rig.Do(actor, event.UsersDisable{User: id})
				sole := role[id] == event.RoleAdmin && !disabled[id] && admins() == 1
				if ok := role[id] != "" && actor != id && !sole; ok != (err == nil) {
					t.Fatalf("%s disables %s: %v, want ok %v", actor, id, err, ok)
				}
				disabled[id] = disabled[id] || err == nil
			},
			"enable": func(t *rapid.T) {
				id := ids.Draw(t, "user")
				_, err := rig.Do(ids.Draw(t, "actor"), event.UsersEnable{User: id})
				if ok := role[id] != ""; ok != (err == nil) {
					t.Fatalf("enable %s: %v, want ok %v", id, err, ok)
				}
				disabled[id] = false
			},
			"": func(t *rapid.T) {
				if len(role) > 0 && admins() == 0 {
					t.Fatalf("no enabled administrator is left")
				}
				for id := range role {
					got := read(t, rig, id)
					if got.Disabled != disabled[id] || got.Role != role[id] {
						t.Fatalf("%s is %+v, want role %s, disabled %v", id, got, role[id], disabled[id])
					}
				}
			},
		})
		rig.Rebuild(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "next") })
	})
}

func read(t machinetest.TB, rig *machinetest.Rig, id string) (u user) {
	err := rig.Store.View(func(r store.Reader) (err error) {
		u, _, err = tableUsers.Get(r, id)
		return err
	})
	if err != nil {
		t.Fatalf("read user: %v", err)
	}
	return u
}

func FuzzCommandBody(f *testing.F) {
	f.Add(0, []byte(`{"name":"Ada","color":"#3b82f6"}`))
	f.Add(1, []byte(`{"user":"bob"}`))
	f.Add(2, []byte(`{"user":"../bob"}`))
	types := []string{"users.update_profile", "users.disable", "users.enable"}
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		rig := machinetest.New(t, New())
		rig.Hear(register("ada", event.RoleAdmin))
		rig.Hear(register("bob", event.RoleUser))
		typ := types[((which%len(types))+len(types))%len(types)]
		_, err := rig.Decide(event.Envelope{ID: "c", Type: typ, At: rig.Now, Actor: "ada", Session: "s", Body: json.RawMessage(body)})
		if err != nil {
			if _, ok := event.AsRefusal(err); !ok {
				t.Errorf("%s %q: %v, want a Refusal", typ, body, err)
			}
		}
		rig.Rebuild(func(int) int { return 0 })
	})
}
