package app

import (
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"scaip/internal/services"
)

func TestRouteWithoutARowDoesNotStart(t *testing.T) {
	nothing := http.NotFoundHandler()
	for _, tt := range []struct {
		pattern string
		local   bool
		ok      bool
	}{
		{"GET /api/me", false, true},
		{"GET /admin/status", true, true},
		{"GET /api/everything", false, false},
		{"GET /admin/status", false, false}, // at the address for all
		{"GET /api/me", true, false},
	} {
		_, err := mux([]services.Route{{Pattern: tt.pattern, Handler: nothing}}, tt.local)
		if (err == nil) != tt.ok {
			t.Errorf("mux(%s, local %v): %v", tt.pattern, tt.local, err)
		}
	}
}

func TestLogURL(t *testing.T) {
	for in, want := range map[string]logURL{
		"nats://a:4222":                                        {scheme: "nats", hosts: []string{"a:4222"}, prefix: "scaip"},
		"nats://a:4222,b:4222/x.y":                             {scheme: "nats", hosts: []string{"a:4222", "b:4222"}, prefix: "x.y"},
		"tls://u:secret@a:4222":                                {scheme: "tls", hosts: []string{"a:4222"}, prefix: "scaip"},
		"kafka://k1:9092,k2:9092,k3:9092":                      {scheme: "kafka", hosts: []string{"k1:9092", "k2:9092", "k3:9092"}, prefix: "scaip"},
		"nats://a:1,b:1,c:1/x?replicas=3":                      {scheme: "nats", hosts: []string{"a:1", "b:1", "c:1"}, prefix: "x", replicas: 3},
		"kafka://a:1,b:1?replicas=2":                           {scheme: "kafka", hosts: []string{"a:1", "b:1"}, prefix: "scaip", replicas: 2},
		"kafka://u:secret@a:1/x":                               {scheme: "kafka", hosts: []string{"a:1"}, prefix: "x", sasl: "scram-sha-512"},
		"kafka+tls://u:secret@a:1,b:1/x?sasl=plain&replicas=5": {scheme: "kafka+tls", hosts: []string{"a:1", "b:1"}, prefix: "x", replicas: 5, sasl: "plain"},
	} {
		got, err := parseLogURL(in)
		got.user = nil
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("parseLogURL(%q) = %+v, %v, want %+v", in, got, err, want)
		}
		if strings.Contains(got.String(), "secret") {
			t.Errorf("%s shows a password", got)
		}
	}
	for _, in := range []string{"http://a:1", "a:4222", "nats://", "nats://a:1/UPPER", "kafka://a:1,,b:2", "nats://u:secret@a:x,y/ ",
		"nats://a:1?replicas=0", "nats://a:1?replicas=6", "nats://u:secret@a:1?replicas=three", "nats://a:1?replica=3", "nats://u:secret@a:1?sasl=plain",
		"kafka://a:1?sasl=plain", "kafka://u:secret@a:1?sasl=plain", "kafka://u:secret@a:1?%zz"} {
		_, err := parseLogURL(in)
		if err == nil {
			t.Errorf("parseLogURL(%q) is no error", in)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%v shows a password", err)
		}
	}
}

func TestURL(t *testing.T) {
	addr := &net.TCPAddr{IP: net.IPv4zero, Port: 8420}
	for _, tt := range []struct {
		c    Config
		want string
	}{
		{Config{Listen: "127.0.0.1:8420"}, "http://127.0.0.1:8420"},
		{Config{Listen: ":8420"}, "http://127.0.0.1:8420"},
		{Config{Listen: "0.0.0.0:8420"}, "http://127.0.0.1:8420"},
		{Config{Listen: "localhost:8420"}, "http://localhost:8420"},
		{Config{Listen: "[::1]:8420"}, "http://[::1]:8420"},
		{Config{Listen: ":8420", PublicHosts: []string{"meet.example.org"}, TLSCert: "c", TLSKey: "k"}, "https://meet.example.org:8420"},
	} {
		if got := tt.c.url(addr); got != tt.want {
			t.Errorf("url of %+v = %s, want %s", tt.c, got, tt.want)
		}
	}
	if got := (Config{Listen: ":443", PublicHosts: []string{"a.example"}, TLSCert: "c"}).url(&net.TCPAddr{Port: 443}); got != "https://a.example" {
		t.Errorf("the usual port is shown: %s", got)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]Config{
		"data directory": {},
		"listen":         {DataDir: "d", Listen: "8420"},
		"registration":   {DataDir: "d", Registration: "maybe"},
		"TLS":            {DataDir: "d", TLSCert: "c"},
		"public host":    {DataDir: "d", PublicHosts: []string{"http://a"}},
	} {
		if _, err := c.complete(); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBeyondLoopback(t *testing.T) {
	for listen, want := range map[string]bool{
		"127.0.0.1:1": false, "localhost:1": false, "[::1]:1": false, "127.9.9.9:1": false,
		":1": true, "0.0.0.0:1": true, "[::]:1": true, "192.168.1.2:1": true, "meet.example.org:1": true,
	} {
		if got := beyondLoopback(listen); got != want {
			t.Errorf("beyondLoopback(%s) = %v, want %v", listen, got, want)
		}
	}
}

func TestBudgetStaysBelowTheDisk(t *testing.T) {
	d := &disk{mark: 100 << 20}
	d.free.Store(1100 << 20)
	events, media := d.budget(10<<20, 50<<20)
	if grow := events + media - 60<<20; grow > 1000<<20 {
		t.Errorf("the logs may grow by %d MiB, %d MiB are spare", grow>>20, 1000)
	}
	if events <= 10<<20 || media <= 50<<20 {
		t.Errorf("the logs may not grow: %d, %d", events, media)
	}
}
