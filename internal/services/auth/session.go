package auth

import (
	"context"
	"net/http"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// opening says how a session is to be opened.
type opening struct {
	user   string
	secret secret // by which the user has proved himself; zero: otherwise
	bearer bool   // the token goes into the body, not into a cookie
	status int
}

// welcome opens a session and answers with it.
func (h *HTTP) welcome(w http.ResponseWriter, r *http.Request, o opening) error {
	token, s, err := h.open(r.Context(), o, SessionLife, r.UserAgent())
	if err != nil {
		return err
	}
	if o.bearer {
		s.Token = token
	} else {
		http.SetCookie(w, h.cookie(token, s.Expires))
	}
	services.WriteJSON(w, o.status, s)
	return nil
}

// open opens a session that lasts for life.
func (h *HTTP) open(ctx context.Context, o opening, life time.Duration, agent string) (token string, s sessionJSON, err error) {
	token = newToken()
	open := event.AuthOpenSession{
		User: o.user, Session: event.SessionID(token), Expires: h.o.Now().Add(life).UTC(), Agent: agent,
	}
	cmd, err := h.command(open)
	if err != nil {
		return "", s, err
	}
	_, err = h.o.Runner.Do(ctx, cmd, func(tx store.Tx) error { return o.secret.still(tx, o.user) })
	if err != nil {
		return "", s, err
	}
	err = h.o.Store.View(func(r store.Reader) error {
		s, err = describe(r, o.user, open.Expires)
		return err
	})
	return token, s, err
}

// describe returns a session of user as clients see it.
func describe(r store.Reader, user string, expires time.Time) (sessionJSON, error) {
	a, _, err := accounts.Get(r, user)
	if err != nil {
		return sessionJSON{}, err
	}
	name, ok, err := names.Get(r, user)
	if !ok {
		name = a.Name
	}
	return sessionJSON{User: user, Login: a.Login, Name: name, Role: a.Role, Expires: expires}, err
}

// cookie carries token; an empty one takes the cookie away.
func (h *HTTP) cookie(token string, expires time.Time) *http.Cookie {
	c := &http.Cookie{
		Name: services.SessionCookie, Value: token, Path: "/", Expires: expires,
		Secure: h.o.Secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if h.o.Secure {
		c.Name = services.SessionCookieTLS
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

func (h *HTTP) serveLogout(w http.ResponseWriter, r *http.Request) error {
	if err := services.ReadJSON(w, r, &struct{}{}); err != nil {
		return err
	}
	s, err := h.gate.Authenticate(r)
	if err != nil {
		return err
	}
	cmd, err := h.command(event.AuthCloseSession{Session: s.ID})
	if err != nil {
		return err
	}
	if _, err := h.o.Runner.Do(r.Context(), cmd, nil); err != nil {
		return err
	}
	http.SetCookie(w, h.cookie("", time.Time{}))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *HTTP) servePassword(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Old string `json:"old"`
		New string `json:"new"`
	}
	if err := services.ReadJSON(w, r, &in); err != nil {
		return err
	}
	s, err := h.gate.Authenticate(r)
	if err != nil {
		return err
	}
	if err := checkPassword(in.New); err != nil {
		return err
	}
	var a account
	if err := h.o.Store.View(func(r store.Reader) error { a, _, err = accounts.Get(r, s.User); return err }); err != nil {
		return err
	}
	_, proved, err := h.prove(w, r, a.Login, in.Old)
	if ref, ok := event.AsRefusal(err); ok && ref.Code == event.Unauthentic {
		return event.Refuse(event.Denied, "The old password is wrong.") // 401 would say that the session has ended
	}
	if err != nil {
		return err
	}
	if err := h.setPassword(r.Context(), event.AuthChangePassword{User: s.User, Keep: s.ID}, in.New, proved); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setPassword gives a user a new password, if the proved one is still the old one.
func (h *HTTP) setPassword(ctx context.Context, change event.AuthChangePassword, password string, proved secret) error {
	var phc string
	if err := h.hashing.do(ctx, func() { phc = h.costs.hash(password) }); err != nil {
		return err
	}
	cmd, err := h.command(change)
	if err != nil {
		return err
	}
	_, err = h.o.Runner.Do(ctx, cmd, func(tx store.Tx) error {
		if err := proved.still(tx, change.User); err != nil {
			return err
		}
		return tx.Put(passwords, change.User, []byte(phc))
	})
	return err
}

func (h *HTTP) serveSession(w http.ResponseWriter, r *http.Request) error {
	out := struct {
		Session      *sessionJSON `json:"session"`
		Registration string       `json:"registration"`
		Setup        bool         `json:"setup"`
	}{Registration: "closed"}
	if h.o.Registration == "open" {
		out.Registration = "open"
	}
	s, err := h.gate.Authenticate(r)
	_, refused := event.AsRefusal(err)
	if err != nil && !refused {
		return err
	}
	known := err == nil
	err = h.o.Store.View(func(r store.Reader) error {
		done, err := hasAdmin(r)
		if err != nil {
			return err
		}
		out.Setup = !done
		if known {
			j, err := describe(r, s.User, s.Expires)
			if err != nil {
				return err
			}
			out.Session = &j
		}
		return nil
	})
	if err != nil {
		return err
	}
	services.WriteJSON(w, http.StatusOK, out)
	return nil
}
