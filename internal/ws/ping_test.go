package ws_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"scaip/internal/ws"
)

func TestPingHearsWhetherThePeerReads(t *testing.T) {
	conns := make(chan *ws.Conn, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := ws.Accept(w, r, ws.Options{})
		if err != nil {
			t.Error(err)
			return
		}
		conns <- c
	}))
	defer srv.Close()
	client, err := ws.Dial(t.Context(), srv.URL, nil, ws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	server := <-conns
	defer server.CloseNow()
	go server.Read(context.Background()) // ends with the connection; the pong comes through it

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := server.Ping(ctx); err == nil {
		t.Error("Ping is answered by a peer that does not read")
	}

	go client.Read(context.Background())
	if err := server.Ping(t.Context()); err != nil {
		t.Errorf("Ping of a reading peer: %v", err)
	}
}
