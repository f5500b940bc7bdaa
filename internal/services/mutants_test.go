package services_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMutants shows that each rule of the engine is needed: each file in testdata/mutants breaks one, and the crash simulation, or the test
// that the mutant names because chance would need too long, has to notice. It compiles the package once a mutant, so it only runs when asked to:
//
//	SCAIP_MUTANTS=1 go test -run Mutants ./internal/services
//
// A mutant is a text: first what it breaks, and perhaps a line "test: name"; then, as often as needed, a line "@@ file", the text that is
// to be found there exactly once, a line "==", and what to put in its place.
func TestMutants(t *testing.T) {
	if os.Getenv("SCAIP_MUTANTS") == "" {
		t.Skip("takes minutes; run with SCAIP_MUTANTS=1")
	}
	files, err := filepath.Glob("testdata/mutants/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mutants: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			test := "TestSim"
			if _, named, ok := strings.Cut(string(raw), "\ntest: "); ok {
				test, _, _ = strings.Cut(named, "\n")
			}
			out, err := exec.Command("go", "test", "-overlay", overlay(t, string(raw)), "-vet=off", "-timeout=5m",
				"-run", "^"+test+"$", ".", "-sim.seeds=2000").CombinedOutput()
			switch {
			case err == nil:
				t.Errorf("%s did not notice", test)
			case strings.Contains(string(out), "[build failed]"):
				t.Errorf("it does not compile:\n%.3000s", out)
			case test == "TestSim":
				_, seed, _ := strings.Cut(string(out), "seed ")
				t.Logf("%s noticed at seed %.20q", test, seed)
			default:
				t.Logf("%s noticed", test)
			}
		})
	}
}

// overlay writes the mutated files and returns the file that tells go where they are.
func overlay(t *testing.T, mutant string) string {
	t.Helper()
	dir := t.TempDir()
	replaced := map[string]string{}
	for i, part := range strings.Split(strings.TrimSuffix(mutant, "\n"), "\n@@ ")[1:] {
		file, edit, _ := strings.Cut(part, "\n")
		old, new, ok := strings.Cut(edit, "\n==\n")
		path, err := filepath.Abs(file)
		if err != nil || !ok {
			t.Fatalf("edit %d: %v", i, err)
		}
		from := path
		if done := replaced[path]; done != "" {
			from = done
		}
		raw, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(raw), old); n != 1 {
			t.Fatalf("%s holds this %d times, not once:\n%s", file, n, old)
		}
		replaced[path] = filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(replaced[path], []byte(strings.Replace(string(raw), old, new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
