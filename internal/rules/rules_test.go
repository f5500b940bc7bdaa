package rules

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A pkg is a package as "go list -json" describes it.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) (all []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "scaip/...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// A layer is a set of packages, and what of the program they may import. An entry stands for the package and those below it, one with
// an = for the package alone. The first row that fits a package counts.
type layer struct {
	of, may string
	why     string
}

func layers() []layer {
	return []layer{
		{"internal/event", "", "the vocabulary imports nothing: everybody speaks it"},
		{"internal/store/storetest", "=internal/store", "the acceptance suite knows the contract alone, no adapter"},
		{"=internal/store", "", "the store's contract knows no adapter and no service"},
		{"internal/store", "=internal/store internal/store/treap", "a store's adapter knows its contract, not who uses it"},
		{"internal/log/logtest", "=internal/log", "the acceptance suite knows the contract alone, no adapter"},
		{"internal/log/kafkalog/kafkatest", "", "it runs a foreign program"},
		{"=internal/log", "", "the log's contract knows no adapter and no service"},
		{"internal/log", "=internal/log", "a log's adapter knows its contract, not who uses it"},
		{"internal/ws", "internal/event", "a WebSocket is below everything that speaks over it"},
		{"internal/media", "internal/media =internal/log =internal/store internal/ws internal/event", "media know frames and the log, not the services that use them; replays depend on the contract of the log, not on an adapter"},
		{"internal/client", "internal/event internal/media internal/ws", "the client knows the protocol alone: what it can do, a foreign client can"},
		{"internal/bot", "internal/client internal/event internal/media internal/ws", "a bot is a participant: it has nothing but the protocol"},
		{"=internal/services", "=internal/log =internal/store internal/media internal/event", "the runner drives any service over any log and store"},
		{"internal/services/machinetest", "=internal/services =internal/log internal/log/memlog =internal/store internal/store/memstore internal/event", "a test bench of machines knows no machine"},
		{"internal/services/dispatch", "=internal/services internal/event", "services never import each other: they meet in the log alone"},
		{"internal/services/audio", "=internal/services internal/services/edge internal/media internal/event", "audio is the edge for one kind"},
		{"internal/services/video", "=internal/services internal/services/edge internal/media internal/event", "video is the edge for one kind"},
		{"internal/services", "=internal/services =internal/log =internal/store internal/media internal/ws internal/event", "services never import each other, and know the contracts of log and store, no adapter"},
		{"internal/netsim", "internal/netsim", "a bad line knows only bytes"},
		{"internal/admin", "=internal/log internal/services internal/event", "what the daemon answers an administrator is made of what services say of themselves"},
		{"internal/app", "internal", "the composition knows everything but the shell"},
		{"internal/bench", "internal", "the benchmark measures the whole"},
		{"internal/e2e", "internal/bench internal/bot internal/client internal/event internal/media internal/netsim", "the end-to-end test knows the daemon from outside"},
		{"internal/rules", "", "it has no code"},
		{"web", "", "the client's files are only files"},
		{"cmd", "internal", "commands are thin, and nothing imports them"},
	}
}

const module = "scaip/"

// under reports whether path is what a list of a layer's names.
func under(path, list string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(entry string) bool {
		if only, ok := strings.CutPrefix(entry, "="); ok {
			return path == only
		}
		return path == entry || strings.HasPrefix(path, entry+"/")
	})
}

func TestImportsGoDown(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		i := slices.IndexFunc(layers(), func(l layer) bool { return under(path, l.of) })
		if i < 0 {
			t.Errorf("package %s is in no layer: give it a row in layers()", path)
			continue
		}
		l := layers()[i]
		for _, imported := range p.Imports {
			own, ok := strings.CutPrefix(imported, module)
			if ok && !under(own, l.may) && !(own == "web" && path == "internal/app") {
				t.Errorf("%s must not import %s: %s", path, own, l.why)
			}
		}
	}
}

// TestOneOwnerADependency: what is imported in one place can be understood, replaced and upgraded in one place.
func TestOneOwnerADependency(t *testing.T) {
	owners := map[string]string{
		"github.com/nats-io/":              "internal/log/natslog",
		"github.com/synadia-io/":           "internal/log/natslog",
		"github.com/twmb/franz-go":         "internal/log/kafkalog",
		"go.etcd.io/bbolt":                 "internal/store/boltstore",
		"github.com/dgraph-io/":            "internal/store/badgerstore",
		"github.com/coder/websocket":       "internal/ws",
		"github.com/spf13/":                "cmd/scaipd",
		"github.com/at-wat/ebml-go":        "internal/media/matroska",
		"golang.org/x/crypto":              "internal/services/auth",
		"golang.org/x/time":                "internal/services/gateway",
		"golang.org/x/sys":                 "internal/ws",
		"pgregory.net/rapid":               "", // tests, of any package
		"go.uber.org/goleak":               "",
		"github.com/rogpeppe/go-internal/": "",
		"github.com/google/go-cmp":         "",
	}
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
				continue // the standard library, or this program
			}
			owner, known := "", false
			for prefix, o := range owners {
				if strings.HasPrefix(imported, prefix) {
					owner, known = o, true
				}
			}
			switch {
			case !known:
				t.Errorf("%s imports %s, which has no owner: name the one package that may, or do without", path, imported)
			case owner == "" && slices.Contains(p.Imports, imported) && !strings.HasSuffix(path, "test"):
				t.Errorf("%s imports %s, which is for tests alone", path, imported)
			case owner != "" && owner != path:
				t.Errorf("%s imports %s: only %s may, so that it can be replaced there", path, imported, owner)
			}
		}
	}
}

// TestNothingImportsTests: acceptance suites and test benches stay out of the binary.
func TestNothingImportsTests(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if imported == "testing" && !strings.HasSuffix(p.ImportPath, "test") {
				t.Errorf("%s imports testing: only packages named …test may, so that no test is in the binary", p.ImportPath)
			}
			if strings.HasPrefix(imported, module) && strings.HasSuffix(imported, "test") && !strings.HasSuffix(p.ImportPath, "test") {
				t.Errorf("%s imports %s: suites are for tests alone", p.ImportPath, imported)
			}
		}
	}
}
