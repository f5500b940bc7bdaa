package auth

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// HTTPOptions are what [NewHTTP] needs.
type HTTPOptions struct {
	Runner       *services.Runner // of auth's Machine
	Store        store.Store      // the runner's
	Registration string           // "open": anybody may register; anything else: nobody
	Secure       bool             // the client speaks TLS: cookies are Secure and have the prefix __Host-
	Logger       *slog.Logger
	Now          func() time.Time // time.Now if nil
}

// HTTP is auth's surface: /api/auth/… for clients (docs/protocol.md) and /admin/… for the unix socket. Its throttles and its setup
// token are in memory.
type HTTP struct {
	o         HTTPOptions
	gate      services.Gate
	hashing   *gate
	costs     params
	nobody    string // the hash that unknown logins are compared with
	addresses *throttle
	accounts  *throttle
	setup     setup
}

// NewHTTP returns the surface of auth.
func NewHTTP(o HTTPOptions) *HTTP {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &HTTP{
		o:    o,
		gate: services.Gate{Store: o.Store, Now: o.Now}, // nobody waits: a session is in this store before its token is out
		// Two hashings fill two cores for some tens of milliseconds and take 38 MiB.
		hashing:   newGate(2, 64, 5*time.Second),
		costs:     current,
		nobody:    current.nobody(),
		addresses: newThrottle(time.Second, 60, 10_000),
		accounts:  newThrottle(10*time.Second, 10, 10_000),
	}
}

// Routes are what clients may ask.
func (h *HTTP) Routes() []services.Route {
	return []services.Route{
		{Pattern: "POST /api/auth/setup", Handler: h.handle(h.serveSetup)},
		{Pattern: "POST /api/auth/register", Handler: h.handle(h.serveRegister)},
		{Pattern: "POST /api/auth/login", Handler: h.handle(h.serveLogin)},
		{Pattern: "POST /api/auth/logout", Handler: h.handle(h.serveLogout)},
		{Pattern: "POST /api/auth/password", Handler: h.handle(h.servePassword)},
		{Pattern: "GET /api/auth/session", Handler: h.handle(h.serveSession)},
	}
}

// handle turns the error of f into an answer.
func (h *HTTP) handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			services.WriteError(w, h.o.Logger, err)
		}
	})
}

// sessionJSON is a session as clients see it.
type sessionJSON struct {
	User    string    `json:"user"`
	Login   string    `json:"login"`
	Name    string    `json:"name"`
	Role    string    `json:"role"`
	Expires time.Time `json:"expires"`
	Token   string    `json:"token,omitempty"`
}

type newAccount struct {
	Token    string `json:"token"`
	Login    string `json:"login"`
	Password string `json:"password"`
	Name     string `json:"name"`
	Bearer   bool   `json:"bearer"`
}

func (h *HTTP) serveSetup(w http.ResponseWriter, r *http.Request) error {
	var in newAccount
	if err := services.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if err := h.takeAddress(w, r); err != nil {
		return err
	}
	back, ok := h.setup.take(in.Token, h.o.Now())
	if !ok {
		return errSetup
	}
	user, err := h.register(r.Context(), in, event.RoleAdmin, onlyAdmin)
	if err != nil {
		back() // a taken login or a short password must not cost the link
		return err
	}
	return h.welcome(w, r, opening{user: user, bearer: in.Bearer, status: http.StatusCreated})
}

func (h *HTTP) serveRegister(w http.ResponseWriter, r *http.Request) error {
	var in newAccount
	if err := services.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if h.o.Registration != "open" {
		return event.Refuse(event.Denied, "Registration is closed. Ask the administrator for an account.")
	}
	if err := h.takeAddress(w, r); err != nil {
		return err
	}
	user, err := h.register(r.Context(), in, event.RoleUser, nil)
	if err != nil {
		return err
	}
	return h.welcome(w, r, opening{user: user, bearer: in.Bearer, status: http.StatusCreated})
}

// register makes an account and returns its user. also may refuse it in the transaction that makes it; nil: nothing else.
func (h *HTTP) register(ctx context.Context, in newAccount, role string, also func(tx store.Tx, user string) error) (string, error) {
	if err := checkPassword(in.Password); err != nil {
		return "", err
	}
	cmd, err := h.command(event.AuthRegister{Login: strings.ToLower(in.Login), Name: in.Name, Role: role})
	if err != nil {
		return "", err
	}
	err = h.o.Store.View(func(r store.Reader) error { // what will be refused need not be hashed
		_, err := register(r, cmd)
		return err
	})
	if err != nil {
		return "", err
	}
	var phc string
	if err := h.hashing.do(ctx, func() { phc = h.costs.hash(in.Password) }); err != nil {
		return "", err
	}
	user := userID(cmd)
	_, err = h.o.Runner.Do(ctx, cmd, func(tx store.Tx) error {
		if also != nil {
			if err := also(tx, user); err != nil {
				return err
			}
		}
		return tx.Put(passwords, user, []byte(phc))
	})
	return user, err
}

func (h *HTTP) serveLogin(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Login    string `json:"login"`
		Password string `json:"password"`
		Bearer   bool   `json:"bearer"`
	}
	if err := services.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if err := h.takeAddress(w, r); err != nil {
		return err
	}
	user, secret, err := h.prove(w, r, strings.ToLower(in.Login), in.Password)
	if err != nil {
		return err
	}
	h.addresses.give(network(r.RemoteAddr), h.o.Now())
	return h.welcome(w, r, opening{user: user, secret: secret, bearer: in.Bearer, status: http.StatusOK})
}

// secret is a password's hash that has been verified, and the one to replace it with, if its parameters are outdated.
type secret struct{ was, now string }

// still refuses if the password has changed since s was verified; in the transaction of what it was verified for.
func (s secret) still(tx store.Tx, user string) error {
	if s.was == "" {
		return nil
	}
	phc, _, err := tx.Get(passwords, user)
	if err != nil {
		return err
	}
	if string(phc) != s.was {
		return errPassword
	}
	if s.now != "" {
		return tx.Put(passwords, user, []byte(s.now))
	}
	return nil
}

var errPassword = event.Refuse(event.Unauthentic, "Login or password is wrong.")

// prove checks the password of login. What it costs and answers does not tell whether the login exists.
func (h *HTTP) prove(w http.ResponseWriter, r *http.Request, login, password string) (user string, s secret, err error) {
	if len(login) > 64 || len(password) > 4*256 {
		return "", s, errPassword
	}
	if wait := h.accounts.take(login, h.o.Now()); wait > 0 {
		return "", s, tooMany(w, wait)
	}
	err = h.o.Store.View(func(r store.Reader) error {
		id, ok, err := logins.Get(r, login)
		if err != nil || !ok {
			return err
		}
		phc, ok, err := r.Get(passwords, id)
		if ok {
			user, s.was = id, string(phc)
		}
		return err
	})
	if err != nil {
		return "", s, err
	}
	phc := s.was
	if user == "" {
		phc = h.nobody
	}
	var right bool
	var broken error
	err = h.hashing.do(r.Context(), func() {
		if right, broken = verify(phc, password); right && h.costs.outdated(phc) {
			s.now = h.costs.hash(password)
		}
	})
	if err != nil {
		h.accounts.give(login, h.o.Now())
		return "", s, err
	}
	if broken != nil {
		return "", s, fmt.Errorf("verify password of %s: %w", user, broken)
	}
	if user == "" || !right {
		return "", s, errPassword
	}
	h.accounts.give(login, h.o.Now())
	return user, s, nil
}

// takeAddress counts a request against the address it came from.
func (h *HTTP) takeAddress(w http.ResponseWriter, r *http.Request) error {
	if wait := h.addresses.take(network(r.RemoteAddr), h.o.Now()); wait > 0 {
		return tooMany(w, wait)
	}
	return nil
}

// tooMany is the refusal of one who has to wait; w gets the Retry-After.
func tooMany(w http.ResponseWriter, wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return event.Refuse(event.TooMany, fmt.Sprintf("Too many attempts. Try again in %d seconds.", seconds))
}

// command wraps body into a command of the daemon's own.
func (h *HTTP) command(body event.Body) (event.Envelope, error) {
	return event.NewCommand(newToken(), h.o.Now(), event.System, "", body)
}
