package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"scaip/internal/store"
)

// SeedVariable names the environment variable that sets the seed of the random operations.
const SeedVariable = "STORE_SEED"

// A model is what a store should hold: a map a table.
type model map[string]map[string]string

func (m model) clone() model {
	c := make(model)
	for table, kvs := range m {
		c[table] = maps.Clone(kvs)
	}
	return c
}

func (m model) put(table, key, value string) {
	if m[table] == nil {
		m[table] = make(map[string]string)
	}
	m[table][key] = value
}

func (m model) delete(table, key string) {
	delete(m[table], key)
	if len(m[table]) == 0 {
		delete(m, table)
	}
}

// scan does with plain loops what Scan is to do.
func (m model) scan(table string, r store.Range) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m[table])) {
		if strings.HasPrefix(k, r.Prefix) && k >= r.From && (r.To == "" || k < r.To) {
			out = append(out, fmt.Sprintf("%q=%q", k, m[table][k]))
		}
	}
	if r.Reverse {
		slices.Reverse(out)
	}
	return out
}

var errUndo = errors.New("undo")

// testModel does random operations on the store and on the model, and compares all that can be read.
func testModel(t *testing.T, o Opener) {
	seed := rand.Uint64()
	if s := os.Getenv(SeedVariable); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", SeedVariable, seed)
	g := &generator{t: t, rnd: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir()}
	s := open(t, o, g.dir)
	m := make(model)
	for step := range 150 {
		if t.Failed() {
			t.Fatalf("after step %d", step)
		}
		switch p := g.rnd.IntN(20); {
		case p == 0 && o.Durable:
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, o, g.dir)
		case p < 6:
			if err := s.View(func(r store.Reader) error { return g.compare(r, m) }); err != nil {
				t.Error(err)
			}
		default:
			m = g.update(s, m)
		}
	}
}

type generator struct {
	t   *testing.T
	rnd *rand.Rand
	dir string
}

// update runs one transaction of several operations; some fail and are undone. It returns the model after it.
func (g *generator) update(s store.Store, before model) model {
	m, undo := before.clone(), g.rnd.IntN(4) == 0
	err := s.Update(func(tx store.Tx) error {
		for range g.rnd.IntN(12) {
			table, key := g.table(), g.key()
			if key == "" {
				key = "k"
			}
			var err error
			switch p := g.rnd.IntN(10); {
			case p < 5:
				value := strings.Repeat(string(rune('a'+g.rnd.IntN(26))), g.size())
				m.put(table, key, value)
				err = tx.Put(table, key, []byte(value))
			case p < 8:
				m.delete(table, key)
				err = tx.Delete(table, key)
			default:
				err = g.compare(tx, m)
			}
			if err != nil {
				return err
			}
		}
		if undo {
			return errUndo
		}
		return nil
	})
	if undo && err == errUndo {
		return before
	}
	if err != nil {
		g.t.Error(err)
	}
	return m
}

// compare checks Tables, a few Gets and a few Scans of r against the model.
func (g *generator) compare(r store.Reader, m model) error {
	var tables []string
	for name, err := range r.Tables() {
		if err != nil {
			return err
		}
		tables = append(tables, name)
	}
	if want := slices.Sorted(maps.Keys(m)); !slices.Equal(tables, want) {
		g.t.Errorf("tables %q, want %q", tables, want)
	}
	for range 5 {
		table, key := g.table(), g.key()
		got, ok, err := r.Get(table, key)
		if want, wantOK := m[table][key]; err != nil || ok != wantOK || string(got) != want {
			g.t.Errorf("Get(%s, %q) = %.20q, %v, %v, want %.20q, %v", table, key, got, ok, err, want, wantOK)
		}
		rng := store.Range{Prefix: g.key(), From: g.key(), To: g.key(), Reverse: g.rnd.IntN(2) == 0}
		if g.rnd.IntN(2) == 0 {
			rng.Prefix = ""
		}
		var all []string
		for kv, err := range r.Scan(table, rng) {
			if err != nil {
				return err
			}
			all = append(all, fmt.Sprintf("%q=%q", kv.Key, kv.Value))
		}
		if want := m.scan(table, rng); !slices.Equal(all, want) {
			g.t.Errorf("Scan(%s, %+v) = %.200q, want %.200q", table, rng, all, want)
		}
	}
	return nil
}

// table returns one of a few names, some of them prefixes of others.
func (g *generator) table() string {
	names := []string{"a", "a/b", "a/b-c", "b"}
	return names[g.rnd.IntN(len(names))]
}

// key returns a short string of few letters, so that keys meet, are prefixes of each other, and lie at the ends of the byte range.
func (g *generator) key() string {
	b := make([]byte, g.rnd.IntN(4))
	for i := range b {
		b[i] = "\x00a/b\xff"[g.rnd.IntN(5)]
	}
	return string(b)
}

// size returns the length of a value: mostly short, sometimes beyond a page or a value log's threshold.
func (g *generator) size() int {
	if g.rnd.IntN(10) == 0 {
		return g.rnd.IntN(20_000)
	}
	return g.rnd.IntN(50)
}
