package dispatch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
)

// undelivered are the types that go nowhere on purpose, each with its reason.
var undelivered = map[string]string{
	"auth.register":         "auth decides it itself: it comes with a secret",
	"auth.open_session":     "auth decides it itself: it comes with a secret",
	"auth.close_session":    "auth decides it itself",
	"auth.change_password":  "auth decides it itself: it comes with a secret",
	"auth.password_changed": "for the record; the sessions it closes have events of their own",
	"auth.unchanged":        "auth's own commands are answered over HTTP",
	"audio.refused":         "the edge answers on its socket",
	"audio.unchanged":       "the edge answers on its socket",
	"video.refused":         "the edge answers on its socket",
	"video.unchanged":       "the edge answers on its socket",
	"audio.begin":           "the edge decides it itself",
	"audio.open":            "the edge decides it itself",
	"audio.close":           "the edge decides it itself",
	"video.begin":           "the edge decides it itself",
	"video.open":            "the edge decides it itself",
	"video.close":           "the edge decides it itself",
	"auth.tick":             "the runner gives it to auth itself",
	"calls.stop_keeping":    "the daemon gives it to calls itself",
	"calls.tick":            "the runner gives it to calls itself",
}

// vocabulary reads the types that internal/event declares from its source: the string that each EventType method returns.
func vocabulary(t *testing.T) []string {
	t.Helper()
	var types []string
	files, err := filepath.Glob("../../event/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("find the vocabulary: %v, %d files", err, len(files))
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "EventType" || fn.Recv == nil || strings.HasSuffix(name, "_test.go") {
				continue
			}
			types = append(types, returned(t, fn)...)
		}
	}
	return types
}

// returned lists the types that an EventType method can return.
func returned(t *testing.T, fn *ast.FuncDecl) []string {
	t.Helper()
	switch x := fn.Body.List[0].(*ast.ReturnStmt).Results[0].(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(x.Value)
		if err != nil {
			t.Fatal(err)
		}
		return []string{s}
	case *ast.BinaryExpr: // Service + ".name"
		s, err := strconv.Unquote(x.Y.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		owners := []string{"auth", "users", "groups", "messaging", "calls", "audio", "video"}
		if !event.IsAnswer("x" + s) {
			owners = []string{"audio", "video"}
		}
		for i := range owners {
			owners[i] += s
		}
		return owners
	default:
		t.Fatalf("EventType of %v returns something this test can't read", fn.Recv.List[0].Type)
		return nil
	}
}

func TestEveryTypeHasARowOrAReason(t *testing.T) {
	rows := map[string]bool{}
	for _, d := range Table() {
		if rows[d.Type] {
			t.Errorf("%s has two rows", d.Type)
		}
		rows[d.Type] = true
	}
	known := map[string]bool{}
	for _, typ := range vocabulary(t) {
		known[typ] = true
		switch {
		case rows[typ] && undelivered[typ] != "":
			t.Errorf("%s has a row and is listed as undelivered", typ)
		case !rows[typ] && undelivered[typ] == "":
			t.Errorf("%s is declared in internal/event, but has no row; add it to Table, or here with a reason", typ)
		}
	}
	if len(known) < 60 {
		t.Fatalf("found %d types in internal/event; the test reads it wrongly", len(known))
	}
	for typ := range rows {
		if !known[typ] {
			t.Errorf("%s has a row, but is not declared in internal/event", typ)
		}
	}
	for typ := range undelivered {
		if !known[typ] {
			t.Errorf("%s is listed as undelivered, but is not declared in internal/event", typ)
		}
	}
}

func TestCommandsGoToTheirServiceAlone(t *testing.T) {
	access := event.CommandAccess()
	targets := map[string][]log.Topic{}
	for _, d := range Table() {
		targets[d.Type] = d.Targets
	}
	for typ, who := range access {
		got := targets[typ]
		if who == event.Daemon {
			if len(got) != 0 {
				t.Errorf("%s is the daemon's own, yet goes to %v", typ, got)
			}
			continue
		}
		if want := []log.Topic{services.Inbox(event.Service(typ))}; !slices.Equal(got, want) {
			t.Errorf("%s goes to %v, want %v", typ, got, want)
		}
	}
}

func TestEventsGoToOthersGatewayLast(t *testing.T) {
	access := event.CommandAccess()
	var inboxes []log.Topic
	for _, n := range []string{"gateway", "auth", "users", "groups", "messaging", "calls", "query", "audio", "video"} {
		inboxes = append(inboxes, services.Inbox(n))
	}
	for _, d := range Table() {
		if _, command := access[d.Type]; command {
			continue
		}
		seen := map[log.Topic]bool{}
		for i, to := range d.Targets {
			if !slices.Contains(inboxes, to) || seen[to] {
				t.Errorf("%s goes to %s, which is unknown or a repeat", d.Type, to)
			}
			seen[to] = true
			if to == services.Inbox(event.Service(d.Type)) {
				t.Errorf("%s goes back to its own service", d.Type)
			}
			if to == services.Inbox("gateway") && i != len(d.Targets)-1 {
				t.Errorf("%s goes to the gateway before %s: a client could act on it too early", d.Type, d.Targets[i+1])
			}
		}
	}
}

// TestQueryHearsWhatTheGatewayHears: the cursor of GET /api/me gives the highest Seq that query has applied of these outboxes. A
// type that only the gateway heard would leave that cursor behind for ever, and every resumption from it refused.
func TestQueryHearsWhatTheGatewayHears(t *testing.T) {
	for _, d := range Table() {
		if !slices.Contains([]string{"users", "groups", "messaging", "calls"}, event.Service(d.Type)) {
			continue
		}
		if slices.Contains(d.Targets, services.Inbox("gateway")) && !slices.Contains(d.Targets, services.Inbox("query")) {
			t.Errorf("%s goes to the gateway, but not to query", d.Type)
		}
	}
}
