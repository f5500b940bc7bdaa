package query

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"scaip/internal/event"
)

func TestAdminListsEverythingInPages(t *testing.T) {
	s := town(t, nil)
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
					code, a := ask[answer](t, s, "", fmt.Sprintf("/admin/%s?limit=%d&after=%s", c.what, limit, url.QueryEscape(after)))
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
	if got, _ := ask[any](t, s, "", "/admin/users?limit=1001"); got != 400 {
		t.Errorf("limit 1001 has status %d, want 400", got)
	}
}

func TestAdminFindsOne(t *testing.T) {
	s := town(t, nil)
	s.hear(event.GroupsCreated{Group: "h2", Name: "Other", Owner: "bob"})
	for path, want := range map[string]int{
		"/admin/groups/g": 200, "/admin/groups/Team": 200, "/admin/groups/h": 200, "/admin/groups/Other": 409, "/admin/groups/none": 404,
		"/admin/calls/c1": 200, "/admin/calls/none": 404, "/admin/calls/..%2Fc1": 404,
	} {
		if got, _ := ask[any](t, s, "", path); got != want {
			t.Errorf("GET %s has status %d, want %d", path, got, want)
		}
	}
	if _, a := ask[groupAnswer](t, s, "", "/admin/groups/Team"); len(a.Members) != 2 || a.Call == nil || a.Group.ID != "g" {
		t.Errorf("group %+v", a)
	}
}

// recorder notes which call it was asked for.
type recorder struct{}

func (recorder) Prepare(w http.ResponseWriter, _ *http.Request, c Call) {
	fmt.Fprintf(w, `"prepare %s"`, c.ID)
}
func (recorder) Download(w http.ResponseWriter, _ *http.Request, c Call) {
	fmt.Fprintf(w, `"download %s"`, c.ID)
}

func TestRecordingsAreForMembers(t *testing.T) {
	s := town(t, recorder{})
	cases := []struct {
		user, method, path, want string
		status                   int
	}{
		{"bob", "POST", "/api/calls/c1/replay", `"prepare c1"`, 200},
		{"bob", "GET", "/api/calls/c1/replay.mkv", `"download c1"`, 200},
		{"", "GET", "/admin/calls/c1/replay.mkv", `"download c1"`, 200},
		{"eve", "POST", "/api/calls/c1/replay", "", 404},
		{"eve", "GET", "/api/calls/c1/replay.mkv", "", 404},
		{"", "GET", "/api/calls/c1/replay.mkv", "", 401},
		{"", "GET", "/admin/calls/none/replay.mkv", "", 404},
	}
	for _, c := range cases {
		r := httptest.NewRequest(c.method, c.path, nil)
		if c.user != "" {
			r.Header.Set("Authorization", "Bearer "+c.user)
		}
		w := httptest.NewRecorder()
		s.mux.ServeHTTP(w, r)
		if w.Code != c.status || c.want != "" && w.Body.String() != c.want {
			t.Errorf("%q: %s %s: %d %s, want %d %s", c.user, c.method, c.path, w.Code, w.Body, c.status, c.want)
		}
	}
}

func TestRoutesHaveRows(t *testing.T) {
	h := HTTP{Replay: recorder{}}
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
