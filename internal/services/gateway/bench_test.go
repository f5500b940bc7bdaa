package gateway

import (
	"encoding/json"
	"fmt"
	"testing"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
)

// BenchmarkDeliver brings messages to a group of 100, all of whom are connected; without the sockets.
func BenchmarkDeliver(b *testing.B) {
	g := New(Options{})
	g.open = true
	var conns []*conn
	for i := range 100 {
		user := fmt.Sprintf("u%d", i)
		g.who.add("g", user, -1)
		if err := g.admit(user); err != nil {
			b.Fatal(err)
		}
		c := g.newConn(nil, services.Session{User: user, ID: user}, func() {})
		g.attach(c, "")
		conns = append(conns, c)
	}
	body, _ := json.Marshal(event.MessagingPosted{Message: "m", Group: "g", Number: 1, Author: "u1", Text: "hello, this is a message of some length"})
	value, _ := json.Marshal(event.Envelope{ID: "abcdefghijklmnopqrstuvwxyz", Type: "messaging.posted", Actor: "u1", Session: "u1", Cause: "c", Body: body})
	seen := map[string]uint64{}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.deliver([]log.Record{{Offset: int64(i), Origin: "messaging.out", Seq: uint64(i) + 1, Value: value}}, seen)
		for _, c := range conns {
			if _, ok := c.take(); !ok && i > 300 {
				b.Fatal("not delivered")
			}
		}
	}
}
