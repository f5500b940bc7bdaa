package query

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/media/replay"
	"scaip/internal/services/machinetest"
)

func TestAdminListsEverythingInPages(t *testing.T) {
	s := town(t)
	type answer struct {
		Users  []User
		Groups []Group
		Calls  []Call
		Next   string
	}
	cases := []struct {
		what string
		want []string
	}{
		{"users", []string{"ada", "bob", "cyd", "eve"}},
		{"groups", []string{"g", "h"}},
		{"calls", []string{"c2", "c3", "c1"}},
	}
	for _, c := range cases {
		for _, limit := range []int{1, 2, 3, 1000} {
			t.Run(fmt.Sprint(c.what, limit), func(t *testing.T) {
				var got []string
				for after := ""; ; {
					code, a := get[answer](t, s, "", fmt.Sprintf("/admin/%s?limit=%d&after=%s", c.what, limit, url.QueryEscape(after)))
					if code != 200 || len(a.Users)+len(a.Groups)+len(a.Calls) > limit {
						t.Fatalf("status %d, %+v", code, a)
					}
					for _, u := range a.Users {
						got = append(got, u.ID)
					}
					for _, g := range a.Groups {
						got = append(got, g.ID)
					}
					for _, x := range a.Calls {
						got = append(got, x.ID)
					}
					if after = a.Next; after == "" || len(got) > len(c.want) {
						break
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		}
	}
	if got, _ := get[any](t, s, "", "/admin/users?limit=1001"); got != 400 {
		t.Errorf("limit 1001 has status %d, want 400", got)
	}
}

func TestAdminFindsOne(t *testing.T) {
	s := town(t)
	s.hear(event.GroupsCreated{Group: "h2", Name: "Other", Owner: "bob"})
	for path, want := range map[string]int{
		"/admin/groups/g": 200, "/admin/groups/Team": 200, "/admin/groups/h": 200, "/admin/groups/Other": 409, "/admin/groups/none": 404,
		"/admin/calls/c1": 200, "/admin/calls/none": 404, "/admin/calls/..%2Fc1": 404,
	} {
		if got, _ := get[any](t, s, "", path); got != want {
			t.Errorf("GET %s has status %d, want %d", path, got, want)
		}
	}
	if _, a := get[groupAnswer](t, s, "", "/admin/groups/Team"); len(a.Members) != 2 || a.Call == nil || a.Group.ID != "g" {
		t.Errorf("group %+v", a)
	}
}

func TestRecordingsAreThoseOfCallsOneMaySee(t *testing.T) {
	s := town(t)
	s.hear(event.CallsStarted{Call: "c4", Group: "h", Title: "Alone", Maker: "ada", Start: s.rig.Now})
	begin := s.rig.Now.Add(-10 * time.Minute)
	cases := []struct {
		user, call string
		want       replay.Request
		code       event.Code
	}{
		{"bob", "c1", replay.Request{Call: "c1", Title: "First", Start: begin.Add(2 * time.Minute), Ended: true}, ""},
		{"bob", "c3", replay.Request{Call: "c3", Title: "Team", Start: begin.Add(10 * time.Minute)}, ""},
		{"ada", "c4", replay.Request{Call: "c4", Title: "Alone", Start: s.rig.Now}, ""},
		{"bob", "c4", replay.Request{}, event.NotFound},
		{"bob", "c2", replay.Request{}, event.NotFound}, // has not begun
		{"eve", "c1", replay.Request{}, event.NotFound},
		{"ada", "none", replay.Request{}, event.NotFound},
		{"ada", "../c1", replay.Request{}, event.NotFound},
		{"", "c1", replay.Request{}, event.Unauthentic},
		{"nobody", "c1", replay.Request{}, event.Unauthentic},
	}
	for _, c := range cases {
		r := httptest.NewRequest("GET", "/", nil)
		if c.user != "" {
			r.Header.Set("Authorization", "Bearer "+c.user)
		}
		got, err := s.http.findSeen(r, c.call)
		if (got.About != nil) != (err == nil) {
			t.Errorf("%q is told of %s %+v", c.user, c.call, got.About)
		}
		got.About = nil
		if got != c.want || machinetest.CodeOf(err) != c.code {
			t.Errorf("%q gets of %s %+v, %v; want %+v, %q", c.user, c.call, got, err, c.want, c.code)
		}
		if c.code == event.Unauthentic || c.call == "c4" {
			continue
		}
		if _, err := s.http.findAny(r, c.call); (err == nil) != (c.call == "c1" || c.call == "c3") {
			t.Errorf("the unix socket gets of %s %v", c.call, err)
		}
	}
}

func TestRoutesHaveRows(t *testing.T) {
	h := HTTP{Replay: &replay.Cache{}}
	for _, r := range Routes(h) {
		if who := event.RouteAccess()[r.Pattern]; who != event.AnyUser {
			t.Errorf("%s has the row %q in event.RouteAccess, want %q", r.Pattern, who, event.AnyUser)
		}
	}
	for _, r := range AdminRoutes(h) {
		if who := event.RouteAccess()[r.Pattern]; who != event.Local {
			t.Errorf("%s has the row %q in event.RouteAccess, want %q", r.Pattern, who, event.Local)
		}
	}
}
