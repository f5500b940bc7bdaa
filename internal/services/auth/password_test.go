package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/event"
)

var cheap = params{memory: 8, time: 1, threads: 1}

func TestHashVerifies(t *testing.T) {
	for _, p := range []params{cheap, {memory: 64, time: 3, threads: 2}} {
		phc := p.hash("correct horse")
		if phc == p.hash("correct horse") {
			t.Error("two hashes have the same salt")
		}
		for password, want := range map[string]bool{"correct horse": true, "correct hors": false, "": false, "Correct horse": false} {
			if got, err := verify(phc, password); got != want || err != nil {
				t.Errorf("verify(%q) = %v, %v", password, got, err)
			}
		}
		if p.outdated(phc) || !current.outdated(phc) {
			t.Errorf("outdated says the wrong thing of %s", phc)
		}
	}
}

// TestVerifiesVectorOfTheReference: a hash made by the reference implementation (github.com/P-H-C/phc-winner-argon2, test.c: version 0x13,
// argon2id, t=2, m=2^16, p=1, "password", "somesalt").
func TestVerifiesVectorOfTheReference(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := verify(phc, "password"); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestBrokenHashIsAnError(t *testing.T) {
	good := cheap.hash("password")
	for _, phc := range []string{
		"", "$", "plain", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=8", "m=99999999", 1), strings.Replace(good, "t=1", "t=0", 1), good[:len(good)-30], good + "$x",
	} {
		if ok, err := verify(phc, "password"); ok || !errors.Is(err, errBadHash) {
			t.Errorf("verify(%q) = %v, %v", phc, ok, err)
		}
	}
	if _, err := verify(cheap.nobody(), "password"); err != nil {
		t.Errorf("the hash of nobody: %v", err)
	}
}

func TestPasswordBounds(t *testing.T) {
	for password, want := range map[string]bool{
		"1234567": false, "12345678": true, strings.Repeat("ä", 256): true, strings.Repeat("ä", 257): false, "ääääääää": true, "\xff2345678": false,
	} {
		if got := checkPassword(password) == nil; got != want {
			t.Errorf("%q: %v", password, got)
		}
	}
}

func TestHashingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 3, time.Second)
		release := make(chan struct{})
		var mu sync.Mutex
		codes := map[event.Code]int{}
		running, most := 0, 0
		for range 10 {
			go func() {
				err := g.do(context.Background(), func() {
					mu.Lock()
					running++
					most = max(most, running)
					mu.Unlock()
					<-release
					mu.Lock()
					running--
					mu.Unlock()
				})
				ref, _ := event.AsRefusal(err)
				mu.Lock()
				codes[ref.Code]++
				mu.Unlock()
			}()
			synctest.Wait()
		}
		<-time.After(2 * time.Second) // by the bubble's clock: those who wait lose patience
		synctest.Wait()
		close(release)
		synctest.Wait()
		if codes[""] != 2 || codes[event.Unavailable] != 3 || codes[event.TooMany] != 5 || most != 2 {
			t.Errorf("got %v, %d at once", codes, most)
		}
		if err := g.do(context.Background(), func() {}); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	th := newThrottle(10*time.Second, 3, 4)
	for i := range 3 {
		if wait := th.take("ada", now); wait != 0 {
			t.Fatalf("attempt %d waits %v", i, wait)
		}
	}
	if wait := th.take("ada", now.Add(4*time.Second)); wait != 6*time.Second {
		t.Errorf("waits %v, want 6s", wait)
	}
	if wait := th.take("bob", now); wait != 0 {
		t.Errorf("bob waits %v", wait)
	}
	th.give("ada", now.Add(4*time.Second))
	if wait := th.take("ada", now.Add(4*time.Second)); wait != 0 {
		t.Errorf("given back, yet waits %v", wait)
	}
	if wait := th.take("ada", now.Add(time.Hour)); wait != 0 {
		t.Errorf("an hour later waits %v", wait)
	}
	for i := range 1000 {
		th.take(strings.Repeat("x", i+1), now)
		th.take("ada", now.Add(time.Hour)) // who is active is not forgotten
	}
	if n := len(th.young) + len(th.old); n > 8 {
		t.Errorf("%d keys are kept", n)
	}
	if wait := th.take("ada", now.Add(time.Hour)); wait == 0 {
		t.Error("forgotten by filling the table")
	}
}

func TestNetwork(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64", "[fe80::1%eth0]:1": "fe80::/64",
		"127.0.0.1:1": "127.0.0.1", "@": "other", "": "other",
	} {
		if got := network(remote); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}

func TestSetupTokenWorksOnceAndNotForLong(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var s setup
	if _, ok := s.take("", now); ok {
		t.Error("no token, yet it works")
	}
	first, second := s.renew(now), s.renew(now)
	if _, ok := s.take(first, now); ok {
		t.Error("an older token works")
	}
	back, ok := s.take(second, now)
	if !ok {
		t.Fatal("the token does not work")
	}
	if _, ok := s.take(second, now); ok {
		t.Error("it works twice")
	}
	back()
	if _, ok := s.take(second, now.Add(SetupLife)); ok {
		t.Error("it works after half an hour")
	}
	if _, ok := s.take(second, now.Add(SetupLife-1)); !ok {
		t.Error("given back, yet it does not work")
	}
	third := s.renew(now)
	back()
	if _, ok := s.take(third, now); !ok {
		t.Error("giving an old token back changed the new one")
	}
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		current.hash("correct horse")
	}
}
