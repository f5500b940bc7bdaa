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
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

// useSecrets does everything that has to do with secrets, and returns them: passwords, tokens and the hashes in the one table for them.
func useSecrets(t *testing.T, h *house) []string {
	t.Helper()
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
	h.want(401, h.ask("POST /api/auth/login", "", fmt.Sprintf(`{'login':'ada','password':'%s'}`, keep("geheim-falsch"))))
	in := h.want(200, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'geheim-eins','bearer':true}`))
	keep(in.json.Token)
	h.want(204, h.ask("POST /api/auth/password", in.json.Token, fmt.Sprintf(`{'old':'geheim-eins','new':'%s'}`, keep("geheim-zwei"))))
	h.want(204, h.ask("POST /admin/users/ada/password", "", fmt.Sprintf(`{'password':'%s'}`, keep("geheim-drei"))))
	bot := h.want(201, h.ask("POST /admin/sessions", "", `{'user':'ada'}`))
	keep(bot.json.Token)
	h.want(204, h.ask("POST /api/auth/logout", bot.json.Token, `{}`))
	h.hear(event.UsersDisabled{User: reg.json.User})
	eachRow(t, h.store, func(table string, kv store.KV) {
		if table == passwords {
			keep(string(kv.Value))
			keep(strings.Split(string(kv.Value), "$")[5])
		}
	})
	if len(secrets) != 14 {
		t.Fatalf("%d secrets, want 14", len(secrets))
	}
	return secrets
}

func eachRow(t *testing.T, s store.Store, f func(table string, kv store.KV)) {
	t.Helper()
	err := s.View(func(r store.Reader) error {
		for table, err := range r.Tables() {
			if err != nil {
				return err
			}
			for kv, err := range r.Scan(table, store.Range{}) {
				if err != nil {
					return err
				}
				f(table, kv)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eachRecord visits the records of all topics and returns how many there are.
func eachRecord(t *testing.T, l *memlog.Log, f func(log.Topic, log.Record)) (n int) {
	t.Helper()
	topics, err := l.Topics(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range topics {
		for next := topic.Bounds.First; next < topic.Bounds.Next; {
			for batch, err := range l.Read(t.Context(), topic.Topic, next) {
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range batch {
					f(topic.Topic, r)
					n++
					next = r.Offset + 1
				}
				break
			}
		}
	}
	return n
}

// TestNoSecretLeavesAuth searches all topics, all tables but the one for them, and the daemon's log for every secret that was used.
func TestNoSecretLeavesAuth(t *testing.T) {
	h := newHouse(t, nil)
	secrets := useSecrets(t, h)
	search := func(where string, content []byte) {
		for _, s := range secrets {
			if bytes.Contains(content, []byte(s)) {
				t.Errorf("%s holds the secret %s: %s", where, s, content)
			}
		}
	}
	h.relayed()
	records := eachRecord(t, h.log, func(topic log.Topic, r log.Record) { search(string(topic), append([]byte(r.Key+" "), r.Value...)) })
	if records < 10 {
		t.Errorf("only %d records were searched", records)
	}
	eachRow(t, h.store, func(table string, kv store.KV) {
		if table != passwords {
			search(table, append([]byte(kv.Key+" "), kv.Value...))
		}
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
