package auth

import (
	"cmp"
	"net/http"
	"time"

	"scaip/internal/event"
	"scaip/internal/services"
	"scaip/internal/store"
)

// AdminRoutes are what the administrator at the unix socket may ask; who may open the socket is the file system's business. A
// {user} is a login or an ID.
//
//	POST /admin/users {"login","name","password","role":"user"|"admin"}   201 {"user","login","name","role"}
//	POST /admin/users/{user}/password {"password"}                        204; all his sessions close
//	POST /admin/sessions {"user","ttl":"12h"}                             201 {"token","session":{…}}; ttl ≤ 720h, 24h if empty
func (h *HTTP) AdminRoutes() []services.Route {
	return []services.Route{
		{Pattern: "POST /admin/users", Handler: h.handle(h.adminUser)},
		{Pattern: "POST /admin/users/{user}/password", Handler: h.handle(h.adminPassword)},
		{Pattern: "POST /admin/sessions", Handler: h.handle(h.adminSession)},
	}
}

func (h *HTTP) adminUser(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Login    string `json:"login"`
		Name     string `json:"name"`
		Password string `json:"password"`
		Role     string `json:"role"`
	}
	if err := services.ReadJSON(w, r, &in); err != nil {
		return err
	}
	role := cmp.Or(in.Role, event.RoleUser)
	user, err := h.register(r.Context(), newAccount{Login: in.Login, Password: in.Password, Name: in.Name}, role, nil)
	if err != nil {
		return err
	}
	out := struct {
		User  string `json:"user"`
		Login string `json:"login"`
		Name  string `json:"name"`
		Role  string `json:"role"`
	}{User: user}
	err = h.o.Store.View(func(r store.Reader) error {
		s, err := describe(r, user, time.Time{})
		out.Login, out.Name, out.Role = s.Login, s.Name, s.Role
		return err
	})
	if err != nil {
		return err
	}
	services.WriteJSON(w, http.StatusCreated, out)
	return nil
}

func (h *HTTP) adminPassword(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Password string `json:"password"`
	}
	if err := services.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if err := checkPassword(in.Password); err != nil {
		return err
	}
	user, err := h.find(r.PathValue("user"))
	if err != nil {
		return err
	}
	if err := h.setPassword(r.Context(), event.AuthChangePassword{User: user}, in.Password, secret{}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *HTTP) adminSession(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		User string `json:"user"`
		TTL  string `json:"ttl"`
	}
	if err := services.ReadJSON(w, r, &in); err != nil {
		return err
	}
	life, err := time.ParseDuration(cmp.Or(in.TTL, "24h"))
	if err != nil || life <= 0 || life > SessionLife {
		return event.Refuse(event.Invalid, `The ttl is a duration up to "720h".`)
	}
	user, err := h.find(in.User)
	if err != nil {
		return err
	}
	token, s, err := h.open(r.Context(), opening{user: user}, life, "unix socket")
	if err != nil {
		return err
	}
	services.WriteJSON(w, http.StatusCreated, struct {
		Token   string      `json:"token"`
		Session sessionJSON `json:"session"`
	}{token, s})
	return nil
}

// find returns the ID of the user whose ID or login is s.
func (h *HTTP) find(s string) (user string, err error) {
	err = h.o.Store.View(func(r store.Reader) error {
		user, err = findUser(r, s)
		return err
	})
	return user, err
}
