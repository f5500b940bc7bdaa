package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// SetupLife is how long a setup link works.
const SetupLife = 30 * time.Minute

// setup is the one-time token that makes the first administrator. Only its hash is kept, and only in memory: each start makes a new one.
type setup struct {
	mu      sync.Mutex
	hash    [sha256.Size]byte
	expires time.Time // zero: there is none
}

// renew replaces the token.
func (s *setup) renew(now time.Time) string {
	token := newToken()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hash, s.expires = sha256.Sum256([]byte(token)), now.Add(SetupLife)
	return token
}

// take uses the token up. If what it was taken for fails, back gives it back.
func (s *setup) take(token string, now time.Time) (back func(), ok bool) {
	sum := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	if !now.Before(s.expires) || subtle.ConstantTimeCompare(sum[:], s.hash[:]) != 1 {
		return nil, false
	}
	expires := s.expires
	s.expires = time.Time{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.hash == sum { // not renewed meanwhile
			s.expires = expires
		}
	}, true
}

// SetupToken makes a new token for the setup link, which works for half an hour and once; an earlier one no longer works. needed
// is false, and token empty, when an administrator exists.
func (h *HTTP) SetupToken(ctx context.Context) (token string, needed bool, err error) {
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	var done bool
	err = h.o.Store.View(func(r store.Reader) (err error) {
		done, err = hasAdmin(r)
		return err
	})
	if err != nil || done {
		return "", false, err
	}
	return h.setup.renew(h.o.Now()), true, nil
}

// onlyAdmin refuses when another administrator than user exists; in the transaction that makes user one.
func onlyAdmin(tx store.Tx, user string) error {
	for kv, err := range tx.Scan(string(admins), store.Range{}) {
		if err != nil {
			return err
		}
		if kv.Key != user {
			return errSetup
		}
	}
	return nil
}

var errSetup = event.Refuse(event.Denied, "This setup link has expired or was used. Restart the server for a new one.")

// newToken returns 256 random bits, as 43 characters [A-Za-z0-9_-].
func newToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}
