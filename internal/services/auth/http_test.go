package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/services"
	"scaip/internal/services/dispatch"
	"scaip/internal/store"
	"scaip/internal/store/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a running auth, on a log and a store in memory, with a clock of its own and cheap hashes.
type house struct {
	t      testing.TB
	log    *memlog.Log
	store  store.Store
	runner *services.Runner
	http   *HTTP
	mux    *http.ServeMux
	out    *bytes.Buffer // what was logged
	mu     sync.Mutex
	now    time.Time
	heard  uint64
}

func newHouse(t testing.TB, change func(*HTTPOptions)) *house {
	h := &house{t: t, log: memlog.New(), store: memstore.New(), out: &bytes.Buffer{}, now: time.Now().UTC(), mux: http.NewServeMux()}
	for _, topic := range []log.Topic{"auth.in", "auth.out", "dispatch.in", "users.out"} {
		if err := h.log.Create(t.Context(), topic, log.Retention{}); err != nil {
			t.Fatal(err)
		}
	}
	logger := slog.New(slog.NewTextHandler(h.out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.runner = services.NewRunner(services.Options{
		Machine: New(), Store: h.store, Log: h.log, Feeds: services.FeedsOf(dispatch.Table(), "auth"), Logger: logger,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.runner.Run(ctx); err != nil {
			t.Errorf("runner: %v", err)
		}
	}()
	<-h.runner.Ready()
	o := HTTPOptions{Runner: h.runner, Store: h.store, Registration: "open", Logger: logger, Now: h.clock}
	if change != nil {
		change(&o)
	}
	h.http = NewHTTP(o)
	h.http.costs, h.http.nobody = cheap, cheap.nobody()
	for _, r := range append(h.http.Routes(), h.http.AdminRoutes()...) {
		if event.RouteAccess()[r.Pattern] == "" {
			t.Errorf("%s has no row in event.RouteAccess", r.Pattern)
		}
		h.mux.Handle(r.Pattern, r.Handler)
	}
	t.Cleanup(func() {
		cancel()
		<-done
		h.store.Close()
		h.log.Close()
	})
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	cookie *http.Cookie
	body   string
	json   struct {
		sessionJSON
		Code         event.Code
		Session      json.RawMessage
		Setup        bool
		Registration string
	}
}

// ask makes a request; token, if any, is a bearer's; body may use ' for ".
func (h *house) ask(route, token, body string) reply {
	h.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(strings.ReplaceAll(body, "'", `"`)))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return h.do(r)
}

func (h *house) do(r *http.Request) reply {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	res := w.Result()
	raw, _ := io.ReadAll(res.Body)
	out := reply{status: res.StatusCode, header: res.Header, body: string(raw)}
	if c := res.Cookies(); len(c) > 0 {
		out.cookie = c[0]
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out.json); err != nil {
			h.t.Fatalf("answer %q: %v", raw, err)
		}
	}
	return out
}

func (h *house) want(status int, got reply) reply {
	h.t.Helper()
	if got.status != status {
		h.t.Fatalf("got %d %s, want %d", got.status, got.body, status)
	}
	return got
}

// register makes an account and returns its token and user.
func (h *house) register(login string) (token, user string) {
	h.t.Helper()
	r := h.want(201, h.ask("POST /api/auth/register", "", fmt.Sprintf(`{'login':'%s','password':'password-%s','bearer':true}`, login, login)))
	return r.json.Token, r.json.User
}

// alive reports whether a token's session lives.
func (h *house) alive(token string) bool {
	h.t.Helper()
	return string(h.want(200, h.ask("GET /api/auth/session", token, "")).json.Session) != "null"
}

// hear brings an event of users to auth, and waits until it is applied.
func (h *house) hear(body event.Body) {
	h.t.Helper()
	h.heard++
	e, err := event.NewCommand(fmt.Sprintf("heard-%d", h.heard), h.clock(), event.System, "", body)
	if err != nil {
		h.t.Fatal(err)
	}
	raw, _ := json.Marshal(e)
	r := log.Record{Origin: "users.out", Seq: h.heard, Value: raw}
	for _, topic := range []log.Topic{"users.out", "auth.in"} {
		if _, err := h.log.Append(h.t.Context(), topic, r); err != nil {
			h.t.Fatal(err)
		}
	}
	for processed := h.runner.Stats().Processed; processed < h.heard; processed = h.runner.Stats().Processed {
		<-h.runner.Changed()
	}
}

// relayed waits until every event made so far is in auth.out.
func (h *house) relayed() {
	h.t.Helper()
	made := h.runner.Stats().Made
	for batch, err := range h.log.Read(h.t.Context(), "auth.out", 0) {
		if err != nil {
			h.t.Fatal(err)
		}
		if batch[len(batch)-1].Seq >= made {
			return
		}
	}
}

func TestSetupMakesTheFirstAdministrator(t *testing.T) {
	h := newHouse(t, func(o *HTTPOptions) { o.Registration = "closed" })
	const body = `{'token':'%s','login':'Ada','password':'%s','name':'Ada L.'}`
	s := h.want(200, h.ask("GET /api/auth/session", "", ""))
	if !s.json.Setup || s.json.Registration != "closed" || string(s.json.Session) != "null" {
		t.Errorf("session says %s", s.body)
	}
	h.want(403, h.ask("POST /api/auth/setup", "", fmt.Sprintf(body, "", "long enough")))
	token, needed, err := h.http.SetupToken(t.Context())
	if err != nil || !needed || len(token) != 43 {
		t.Fatalf("SetupToken: %q, %v, %v", token, needed, err)
	}
	h.want(403, h.ask("POST /api/auth/setup", "", fmt.Sprintf(body, another(token), "long enough")))
	h.want(400, h.ask("POST /api/auth/setup", "", fmt.Sprintf(body, token, "short")))
	r := h.want(201, h.ask("POST /api/auth/setup", "", fmt.Sprintf(body, token, "long enough")))
	if r.json.Role != "admin" || r.json.Login != "ada" || r.json.Name != "Ada L." || r.json.Token != "" || r.cookie == nil {
		t.Errorf("got %s, cookie %v", r.body, r.cookie)
	}
	h.want(403, h.ask("POST /api/auth/setup", "", fmt.Sprintf(body, token, "long enough")))
	if _, needed, _ := h.http.SetupToken(t.Context()); needed {
		t.Error("setup is needed though there is an administrator")
	}
	if h.want(200, h.ask("GET /api/auth/session", "", "")).json.Setup {
		t.Error("session offers a setup")
	}
	h.want(403, h.ask("POST /api/auth/register", "", `{'login':'eve','password':'long enough'}`))
}

func TestSetupLinkIsNoWayInWhenAnAdministratorCameMeanwhile(t *testing.T) {
	h := newHouse(t, nil)
	token, _, err := h.http.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.want(201, h.ask("POST /admin/users", "", `{'login':'root','password':'long enough','role':'admin'}`))
	h.want(403, h.ask("POST /api/auth/setup", "", fmt.Sprintf(`{'token':'%s','login':'eve','password':'long enough'}`, token)))
	h.want(401, h.ask("POST /api/auth/login", "", `{'login':'eve','password':'long enough'}`))
}

func TestSetupTokenIsTakenOnceByMany(t *testing.T) {
	h := newHouse(t, nil)
	token, _, _ := h.http.SetupToken(t.Context())
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for i := range 10 {
		wg.Go(func() {
			r := h.ask("POST /api/auth/setup", "", fmt.Sprintf(`{'token':'%s','login':'admin%d','password':'long enough'}`, token, i))
			mu.Lock()
			defer mu.Unlock()
			codes[r.status]++
		})
	}
	wg.Wait()
	if codes[201] != 1 || codes[403] != 9 {
		t.Errorf("got %v", codes)
	}
}

func TestCookie(t *testing.T) {
	for _, secure := range []bool{false, true} {
		h := newHouse(t, func(o *HTTPOptions) { o.Secure = secure })
		h.register("ada")
		r := h.want(200, h.ask("POST /api/auth/login", "", `{'login':'ADA','password':'password-ada'}`))
		c := r.cookie
		name := map[bool]string{false: "scaip", true: "__Host-scaip"}[secure]
		if c == nil || c.Name != name || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure != secure {
			t.Fatalf("cookie %+v", c)
		}
		if d := c.Expires.Sub(h.clock()); d < SessionLife-2*time.Second || d > SessionLife {
			t.Errorf("the cookie lasts %v", d)
		}
		q := httptest.NewRequest("POST", "/api/auth/logout", strings.NewReader("{}"))
		q.Header.Set("Content-Type", "application/json")
		q.AddCookie(c)
		if out := h.want(204, h.do(q)); out.cookie == nil || out.cookie.MaxAge >= 0 || out.cookie.Name != name {
			t.Errorf("logout leaves the cookie %+v", out.cookie)
		}
		if h.alive(c.Value) {
			t.Error("the session lives after logout")
		}
	}
}

// another returns a token that differs from token in its first letter.
func another(token string) string {
	first := "x"
	if token[0] == 'x' {
		first = "y"
	}
	return first + token[1:]
}

func TestLoginAndItsRefusals(t *testing.T) {
	h := newHouse(t, nil)
	token, user := h.register("ada")
	if !h.alive(token) || h.alive(another(token)) {
		t.Error("session says the wrong thing")
	}
	wrong := h.want(401, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'wrong-password'}`))
	unknown := h.want(401, h.ask("POST /api/auth/login", "", `{'login':'eve','password':'wrong-password'}`))
	if wrong.body != unknown.body {
		t.Errorf("the answer tells whether a login exists: %s, %s", wrong.body, unknown.body)
	}
	h.want(409, h.ask("POST /api/auth/register", "", `{'login':'Ada','password':'long enough'}`))
	h.hear(event.UsersDisabled{User: user})
	if h.alive(token) {
		t.Error("the session of a disabled user lives")
	}
	h.want(401, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'wrong-password'}`))
	h.want(403, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'password-ada'}`))
	h.hear(event.UsersEnabled{User: user})
	h.hear(event.UsersProfileUpdated{User: user, Name: "Ada L."})
	again := h.want(200, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'password-ada','bearer':true}`))
	if again.json.Name != "Ada L." || again.json.Token == token || again.cookie != nil {
		t.Errorf("got %s", again.body)
	}
	h.pass(SessionLife)
	if h.alive(again.json.Token) {
		t.Error("the session lives after 30 days")
	}
}

func TestPasswordChange(t *testing.T) {
	h := newHouse(t, nil)
	one, _ := h.register("ada")
	two := h.want(200, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'password-ada','bearer':true}`)).json.Token
	h.want(401, h.ask("POST /api/auth/password", "", `{'old':'password-ada','new':'another-one'}`))
	h.want(403, h.ask("POST /api/auth/password", one, `{'old':'wrong','new':'another-one'}`))
	h.want(400, h.ask("POST /api/auth/password", one, `{'old':'password-ada','new':'short'}`))
	h.want(204, h.ask("POST /api/auth/password", one, `{'old':'password-ada','new':'another-one'}`))
	if !h.alive(one) || h.alive(two) {
		t.Errorf("this session lives: %v; the other one: %v", h.alive(one), h.alive(two))
	}
	h.want(401, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'password-ada'}`))
	h.want(200, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'another-one'}`))
	h.want(204, h.ask("POST /admin/users/ada/password", "", `{'password':'set-by-admin'}`))
	if h.alive(one) {
		t.Error("a session lives after the administrator has set the password")
	}
	h.want(404, h.ask("POST /admin/users/nobody/password", "", `{'password':'set-by-admin'}`))
}

// TestOldPasswordOpensNothing: the password changes between its check and the opening of the session.
func TestOldPasswordOpensNothing(t *testing.T) {
	h := newHouse(t, nil)
	_, user := h.register("ada")
	r := httptest.NewRequest("POST", "/", nil)
	_, proved, err := h.http.prove(httptest.NewRecorder(), r, "ada", "password-ada")
	if err != nil {
		t.Fatal(err)
	}
	h.want(204, h.ask("POST /admin/users/ada/password", "", `{'password':'set-by-admin'}`))
	_, _, err = h.http.open(t.Context(), opening{user: user, secret: proved}, time.Hour, "")
	wantCode(t, "open", err, event.Unauthentic)
}

func TestOutdatedHashIsReplacedAtLogin(t *testing.T) {
	h := newHouse(t, nil)
	_, user := h.register("ada")
	h.http.costs = params{memory: 16, time: 1, threads: 1}
	stored := func() (phc string) {
		h.store.View(func(r store.Reader) error { b, _, err := r.Get(passwords, user); phc = string(b); return err })
		return phc
	}
	if !h.http.costs.outdated(stored()) {
		t.Fatal("the hash is not outdated")
	}
	for range 2 {
		h.want(200, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'password-ada'}`))
		if h.http.costs.outdated(stored()) {
			t.Error("the hash is still outdated")
		}
	}
}

func TestThrottleOfAccountAndAddress(t *testing.T) {
	h := newHouse(t, nil)
	h.register("ada")
	h.register("bob")
	for range 10 {
		h.want(401, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'wrong-password'}`))
	}
	r := h.want(429, h.ask("POST /api/auth/login", "", `{'login':'ADA','password':'password-ada'}`))
	if r.header.Get("Retry-After") != "10" || r.json.Code != event.TooMany {
		t.Errorf("Retry-After %q, %s", r.header.Get("Retry-After"), r.body)
	}
	for range 30 {
		h.want(200, h.ask("POST /api/auth/login", "", `{'login':'bob','password':'password-bob'}`))
	}
	h.pass(10 * time.Second)
	h.want(200, h.ask("POST /api/auth/login", "", `{'login':'ada','password':'password-ada'}`))
	codes := map[int]int{}
	for i := range 100 {
		codes[h.ask("POST /api/auth/login", "", fmt.Sprintf(`{'login':'eve%d','password':'wrong-password'}`, i)).status]++
	}
	if codes[401] < 55 || codes[401] > 65 || codes[429] != 100-codes[401] {
		t.Errorf("one address: %v", codes)
	}
}
