package auth

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func TestAdminRoutes(t *testing.T) {
	h := newHouse(t, func(o *HTTPOptions) { o.Registration = "closed" })
	made := h.want(201, h.ask("POST /admin/users", "", `{'login':'bot','name':'Robot','password':'long enough'}`))
	if made.json.Role != "user" || made.json.Name != "Robot" || made.json.User == "" {
		t.Errorf("got %s", made.body)
	}
	h.want(400, h.ask("POST /admin/users", "", `{'login':'x1','password':'long enough','role':'root'}`))
	h.want(400, h.ask("POST /admin/users", "", `{'login':'x1','password':'short'}`))
	for _, who := range []string{"bot", made.json.User} {
		r := h.want(201, h.ask("POST /admin/sessions", "", fmt.Sprintf(`{'user':'%s','ttl':'1h'}`, who)))
		var s sessionJSON
		if err := json.Unmarshal(r.json.Session, &s); err != nil || s.User != made.json.User || s.Expires.Sub(h.clock()) != time.Hour {
			t.Errorf("got %s, %v", r.body, err)
		}
		if !h.alive(r.json.Token) {
			t.Error("the session does not live")
		}
	}
	for body, want := range map[string]int{
		`{'user':'nobody'}`: 404, `{'user':''}`: 404, `{'user':'bot','ttl':'x'}`: 400, `{'user':'bot','ttl':'-1h'}`: 400, `{'user':'bot','ttl':'721h'}`: 400,
	} {
		h.want(want, h.ask("POST /admin/sessions", "", body))
	}
}
