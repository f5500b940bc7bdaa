package app

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scaip/internal/admin"
	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/log/kafkalog/kafkatest"
	"scaip/internal/ws"
	"scaip/web"
)

func TestStateSurvivesARestart(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { stateSurvives(t, config(t)) })
	t.Run("Kafka", func(t *testing.T) {
		c, broker := config(t), kafkatest.Start(t)
		c.Events, c.Media = "kafka://"+broker+"/office", "kafka://"+broker+"/office?replicas=1"
		stateSurvives(t, c)
	})
}

func stateSurvives(t *testing.T, c Config) {
	d := run(t, c)
	if info, err := os.Stat(filepath.Join(c.DataDir, admin.SocketName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v, want mode 0600", info, err)
	}
	_, token := d.user("ada", event.RoleAdmin)
	made, err := event.As[event.GroupsCreated](d.command("ada", event.GroupsCreate{Name: "Team"}))
	if err != nil {
		t.Fatal(err)
	}
	d.stop()
	if _, err := os.Stat(filepath.Join(c.DataDir, admin.SocketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	d = run(t, c)
	group, err := (&client.Client{URL: d.url, Token: token}).Group(t.Context(), made.Group)
	if err != nil || group.Group.Name != "Team" || len(group.Members) != 1 {
		t.Errorf("after the restart: %+v, %v", group, err)
	}
	for _, service := range names() {
		var r admin.Rebuilt
		if err := d.admin.Do(t.Context(), "POST", "/admin/rebuild/"+service, struct{}{}, &r); err != nil || r.Comparison == nil || r.Comparison.Differ > 0 {
			t.Errorf("rebuild %s: %+v, %v", service, r.Comparison, err)
		}
	}
}

func TestFirstRunOffersASetupLink(t *testing.T) {
	d := run(t, config(t))
	token, needed, err := d.app.SetupToken(t.Context())
	if err != nil || !needed || token == "" {
		t.Fatalf("first run: %q, %v, %v", token, needed, err)
	}
	c := &client.Client{URL: d.url}
	if s, err := c.Setup(t.Context(), token, "ada", "correct horse"); err != nil || s.Role != event.RoleAdmin {
		t.Fatalf("setup: %+v, %v", s, err)
	}
	if _, err := (&client.Client{URL: d.url}).Setup(t.Context(), token, "eve", "correct horse"); err == nil {
		t.Error("the link was good twice")
	}
	if _, needed, err := d.app.SetupToken(t.Context()); err != nil || needed {
		t.Errorf("a second link is offered: %v, %v", needed, err)
	}
}

func TestStopTellsTheSockets(t *testing.T) {
	d := run(t, config(t))
	_, token := d.user("ada", event.RoleUser)
	conn, err := ws.Dial(t.Context(), d.url+"/ws", http.Header{"Authorization": {"Bearer " + token}}, ws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ws.Normal, "")
	start := time.Now()
	go d.stop()
	for {
		_, _, err := conn.Read(t.Context())
		if err == nil {
			continue
		}
		if code, _, ok := ws.CloseError(err); !ok || code != ws.GoingAway {
			t.Errorf("the socket ended with %v, want close code %d", err, ws.GoingAway)
		}
		break
	}
	d.stop()
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("the stop took %v", took)
	}
}

func TestNearlyFullDiskTakesInNothingNew(t *testing.T) {
	c := config(t)
	d := run(t, c)
	_, token := d.user("ada", event.RoleAdmin)
	d.command("ada", event.GroupsCreate{Name: "Team"})
	d.stop()
	c.MinFree = 1 << 62
	d = run(t, c)
	wantFull := func(what string, err error) {
		t.Helper()
		if r, ok := event.AsRefusal(err); !ok || r.Code != event.Unavailable || !strings.Contains(r.Text, "disk") {
			t.Errorf("%s: %v, want a refusal that names the disk", what, err)
		}
	}
	_, err := (&client.Client{URL: d.url}).Register(t.Context(), "bob", "correct horse", "")
	wantFull("register", err)
	_, err = d.admin.Command(t.Context(), "ada", event.GroupsCreate{Name: "More"})
	wantFull("a command", err)
	groups, err := (&client.Client{URL: d.url, Token: token}).Groups(t.Context())
	if err != nil || len(groups) != 1 {
		t.Errorf("reading: %v, %v", groups, err)
	}
	if _, err := d.admin.Command(t.Context(), "ada", event.GroupsArchive{Group: groups[0].ID}); err != nil {
		t.Errorf("a command that makes space: %v", err)
	}
	if status, text, _ := d.do(request{method: "GET", path: "/readyz"}); status != http.StatusServiceUnavailable || !strings.Contains(text, "disk") {
		t.Errorf("readyz: %d %s", status, text)
	}
}

func TestDoorKeepsForeignSitesOut(t *testing.T) {
	c := config(t)
	c.PublicHosts = []string{"meet.example.org"}
	d := run(t, c)
	own := d.app.outside.Addr().String()
	tests := []struct {
		name, host, origin string
		want               int
	}{
		{"a program", own, "", 200},
		{"the own page", own, "http://" + own, 200},
		{"localhost", "localhost:8420", "http://localhost:8420", 200},
		{"a public host behind TLS", "meet.example.org", "https://meet.example.org", 200},
		{"a name that somebody made resolve to us", "evil.example", "", 403},
		{"that name, from its own page", "evil.example", "http://evil.example", 403},
		{"another site's page", own, "https://evil.example", 403},
		{"another port's page", own, "http://127.0.0.1:1", 403},
		{"a page without an origin", own, "null", 403},
		{"an extension's page", own, "chrome-extension://" + own, 403},
	}
	for _, tt := range tests {
		for _, path := range []string{"/api/auth/session", "/", "/healthz"} {
			h := http.Header{"Host": {tt.host}}
			if tt.origin != "" {
				h.Set("Origin", tt.origin)
			}
			if status, text, _ := d.do(request{method: "GET", path: path, header: h}); status != tt.want {
				t.Errorf("%s, GET %s: %d %s, want %d", tt.name, path, status, text, tt.want)
			}
		}
	}
}

func TestClientIsServedIsolatedAndRevalidated(t *testing.T) {
	d := run(t, config(t))
	status, body, h := d.do(request{method: "GET", path: "/"})
	if status != 200 || !strings.Contains(body, "<!doctype html>") || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		t.Fatalf("GET /: %d %.40q %s", status, body, h.Get("Content-Type"))
	}
	for name, want := range map[string]string{
		"Content-Security-Policy":      web.Policy,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Embedder-Policy": "require-corp",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if status, body, _ := d.do(request{method: "GET", path: "/", header: http.Header{"If-None-Match": {h.Get("ETag")}}}); status != 304 || body != "" {
		t.Errorf("with its ETag: %d, %d bytes", status, len(body))
	}
	if status, _, h := d.do(request{method: "GET", path: "/main.js"}); status != 200 || !strings.HasPrefix(h.Get("Content-Type"), "text/javascript") {
		t.Errorf("GET /main.js: %d %s", status, h.Get("Content-Type"))
	}
	for _, path := range []string{"/nothing.js", "/embed.go", "/../go.mod", "/admin/status", "/vendor/"} {
		if status, _, _ := d.do(request{method: "GET", path: path}); status != 404 {
			t.Errorf("GET %s: %d, want 404", path, status)
		}
	}
}

func TestDoctorFindsNothing(t *testing.T) {
	c := config(t)
	d := run(t, c)
	var found admin.Doctor
	if err := d.admin.Do(t.Context(), "GET", "/admin/doctor", nil, &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Checks) < 9 {
		t.Errorf("only %d checks", len(found.Checks))
	}
	for _, k := range found.Checks {
		if k.State != admin.OK {
			t.Errorf("%+v", k)
		}
	}
	d.stop()
	checks, err := Examine(Config{DataDir: c.DataDir, Listen: "127.0.0.1:0", MinFree: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range checks {
		if k.State != admin.OK && k.Name != "daemon" {
			t.Errorf("without a daemon: %+v", k)
		}
	}
}

func TestRecordsOfATopic(t *testing.T) {
	d := run(t, config(t))
	d.user("ada", event.RoleUser)
	status := func(path string) int {
		resp, err := d.admin.Get(context.Background(), path)
		if r, ok := event.AsRefusal(err); ok {
			return r.Code.HTTPStatus()
		}
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for path, want := range map[string]int{
		"/admin/log/users.out":           200,
		"/admin/log/users.out?from=-1":   200,
		"/admin/log/users.out?limit=0":   200,
		"/admin/log/users.out?limit=x":   400,
		"/admin/log/users.out?since=now": 400,
		"/admin/log/nothing.out":         404,
		"/admin/log/call.x.audio":        404,
		"/admin/log/..%2f..%2fversion":   400,
	} {
		if got := status(path); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
}
