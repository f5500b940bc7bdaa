package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"scaip/internal/event"
)

// params are the costs of argon2id. They stand in each hash, so a hash made with others still verifies.
type params struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// current is OWASP's second choice for argon2id (Password Storage Cheat Sheet): 19 MiB, so that two at once fit beside a
// daemon of 80 MB; RFC 9106's own choices want 64 MiB and more.
var current = params{memory: 19 << 10, time: 2, threads: 1}

const (
	saltLen = 16 // bytes, RFC 9106, 3.1
	tagLen  = 32

	// Bounds on the parameters of a stored hash: one that a broken disk made up must not take all memory.
	maxMemory = 1 << 20 // KiB
	maxTime   = 64
)

var errBadHash = errors.New("malformed password hash")

// checkPassword refuses what can't be a password: 8 to 256 characters.
func checkPassword(s string) error {
	if n := utf8.RuneCountInString(s); n < 8 || n > 256 || !utf8.ValidString(s) {
		return event.Refuse(event.Invalid, "A password has 8 to 256 characters.")
	}
	return nil
}

// hash returns the PHC string ("$argon2id$v=19$m=…,t=…,p=…$salt$tag") of a password.
func (p params) hash(password string) string {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the program instead
	tag := argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, tagLen)
	return p.encode(salt, tag)
}

func (p params) encode(salt, tag []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		b64.EncodeToString(salt), b64.EncodeToString(tag))
}

// nobody returns the hash of no password, whose verification costs what any other does.
func (p params) nobody() string { return p.encode(make([]byte, saltLen), make([]byte, tagLen)) }

// parse takes a PHC string apart.
func parse(phc string) (p params, salt, tag []byte, err error) {
	f := strings.Split(phc, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errBadHash
	}
	if _, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return p, nil, nil, errBadHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(f[4])
	tag, err2 := base64.RawStdEncoding.DecodeString(f[5])
	bad := p.memory == 0 || p.memory > maxMemory || p.time == 0 || p.time > maxTime || p.threads == 0
	if err1 != nil || err2 != nil || bad || len(salt) < 8 || len(tag) < 16 {
		return p, nil, nil, errBadHash
	}
	return p, salt, tag, nil
}

// verify reports whether phc is a hash of password.
func verify(phc, password string) (bool, error) {
	p, salt, tag, err := parse(phc)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, uint32(len(tag)))
	return subtle.ConstantTimeCompare(got, tag) == 1, nil
}

// outdated reports whether phc was made with other parameters than p.
func (p params) outdated(phc string) bool {
	was, _, _, err := parse(phc)
	return err == nil && was != p
}

// gate lets a bounded number of hashings run at once, and a bounded number wait a bounded time for their turn: memory and both
// cores would otherwise belong to whoever posts logins the fastest.
type gate struct {
	running, waiting chan struct{}
	patience         time.Duration
}

func newGate(running, waiting int, patience time.Duration) *gate {
	return &gate{running: make(chan struct{}, running), waiting: make(chan struct{}, waiting), patience: patience}
}

// do runs f when it is its turn.
func (g *gate) do(ctx context.Context, f func()) error {
	select {
	case g.waiting <- struct{}{}:
	default:
		return event.Refuse(event.TooMany, "Too many people are signing in at this moment. Try again in a few seconds.")
	}
	timer := time.NewTimer(g.patience)
	defer timer.Stop()
	var err error
	select {
	case g.running <- struct{}{}:
	case <-timer.C:
		err = event.Refuse(event.Unavailable, "The server is busy. Try again in a few seconds.")
	case <-ctx.Done():
		err = fmt.Errorf("wait for hashing: %w", ctx.Err())
	}
	<-g.waiting
	if err != nil {
		return err
	}
	defer func() { <-g.running }()
	f()
	return nil
}
