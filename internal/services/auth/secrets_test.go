package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// TestNoSecretLeavesAuth does everything that has to do with secrets, then searches all topics, all tables but the one, and the daemon's log for them.
func TestNoSecretLeavesAuth(t *testing.T) {
	h := newHouse(t, nil)
	var secrets []string
	keep := func(s string) string { secrets = append(secrets, s); return s }
	setup, _, err := h.http.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keep(setup)
	first := h.want(201, h.ask("POST /api/auth/setup", "", fmt.Sprintf(`{'token':'%s','login':'root','password':'%s'}`, setup, keep("geheim-root"))))
	keep(first.cookie.Value)
	reg := h.want(201, h.ask("POST /api/auth/register", "", fmt.Sprintf(`{'login':'ada','password':'%s','bearer':true}`, keep("geheim-eins"))))
	keep(reg.json.Token)
	h.ask("POST /api/auth/login", "", fmt.Sprintf(`{'login':'ada','password':'%s'}`, keep("geheim-falsch")))
	in := h.want(200, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'geheim-eins','bearer':true}`))
	keep(in.json.Token)
	h.want(204, h.ask("POST /api/auth/password", in.json.Token, fmt.Sprintf(`{'old':'geheim-eins','new':'%s'}`, keep("geheim-zwei"))))
	h.want(204, h.ask("POST /admin/users/ada/password", "", fmt.Sprintf(`{'password':'%s'}`, keep("geheim-drei"))))
	bot := h.want(201, h.ask("POST /admin/sessions", "", `{'user':'ada'}`))
	keep(bot.json.Token)
	h.want(204, h.ask("POST /api/auth/logout", bot.json.Token, `{}`))
	h.hear(event.UsersDisabled{User: reg.json.User})

	inTable := 0
	err = h.store.View(func(r store.Reader) error {
		for table, err := range r.Tables() {
			if err != nil {
				return err
			}
			for kv, err := range r.Scan(table, store.Range{}) {
				if err != nil {
					return err
				}
				if table == passwords {
					inTable++
					keep(string(kv.Value))
					parts := strings.Split(string(kv.Value), "$")
					keep(parts[5])
				}
			}
		}
		return nil
	})
	if err != nil || inTable != 2 || len(secrets) != 14 {
		t.Fatalf("%d hashes, %d secrets, %v", inTable, len(secrets), err)
	}
	search := func(where string, content []byte) {
		for _, s := range secrets {
			if bytes.Contains(content, []byte(s)) {
				t.Errorf("%s holds the secret %s: %s", where, s, content)
			}
		}
	}
	topics, err := h.log.Topics(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	for _, topic := range topics {
		for next := topic.Bounds.First; next < topic.Bounds.Next; {
			for batch, err := range h.log.Read(t.Context(), topic.Topic, next) {
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range batch {
					records++
					search(string(topic.Topic), append([]byte(r.Key+" "), r.Value...))
					next = r.Offset + 1
				}
				break
			}
		}
	}
	if records < 10 {
		t.Errorf("only %d records were searched", records)
	}
	_ = h.store.View(func(r store.Reader) error {
		for table := range r.Tables() {
			for kv := range r.Scan(table, store.Range{}) {
				if table != passwords {
					search(table, append([]byte(kv.Key+" "), kv.Value...))
				}
			}
		}
		return nil
	})
	search("the daemon's log", h.out.Bytes())
}

func TestRebuildOfTheRunnerEqualsLive(t *testing.T) {
	h := newHouse(t, nil)
	token, user := h.register("ada")
	h.register("bob")
	h.want(204, h.ask("POST /api/auth/logout", token, `{}`))
	h.hear(event.UsersDisabled{User: user})
	h.hear(event.UsersEnabled{User: user})
	into := memstore.New()
	defer into.Close()
	c, err := h.runner.Rebuild(t.Context(), into, time.Time{})
	if err != nil || c.Differ != 0 || c.Rows < 5 {
		t.Errorf("rebuild: %+v, %v", c, err)
	}
}

// FuzzBodies: whatever a body holds, the answer is a status of the protocol and JSON, and nothing but a valid registration makes an account.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{
		`{"login":"ada","password":"long enough"}`, `{"login":null,"password":[]}`, `{"login":"a\u0000b","password":"long enough","name":"\u202e"}`,
		`{"token":"x","login":"ada","password":"long enough","bearer":true}`, `{}`, `[]`, `{"a":`, "\xff", `{"old":"long enough","new":"long enough"}`, `{"user":"ada","ttl":"1h"}`,
	} {
		f.Add([]byte(s))
	}
	h := newHouse(f, nil)
	token, _ := h.register("ada")
	f.Fuzz(func(t *testing.T, body []byte) {
		h.pass(time.Minute) // the throttle is another test's
		for route := range event.RouteAccess() {
			if !strings.HasPrefix(route, "POST /api/auth/") && route != "POST /admin/users" && route != "POST /admin/sessions" {
				continue
			}
			if strings.HasSuffix(route, "/logout") || strings.HasSuffix(route, "/password") && bytes.Contains(body, []byte("password-ada")) {
				continue
			}
			r := httptest.NewRequest("POST", strings.TrimPrefix(route, "POST "), bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			h.mux.ServeHTTP(w, r)
			switch w.Code {
			case 200, 201, 204:
			case 400, 401, 403, 404, 409, 429:
				var ref event.Refusal
				if err := json.Unmarshal(w.Body.Bytes(), &ref); err != nil || ref.Code.HTTPStatus() != w.Code || len(ref.Text) < 5 {
					t.Fatalf("%s %q: %d %s", route, body, w.Code, w.Body)
				}
			default:
				t.Fatalf("%s %q: %d %s", route, body, w.Code, w.Body)
			}
			if w.Code == http.StatusCreated && route == "POST /admin/users" {
				var made struct{ Login, Name string }
				if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || checkLogin(made.Login) != nil {
					t.Fatalf("%q made %s", body, w.Body)
				}
			}
		}
	})
}
