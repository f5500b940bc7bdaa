package event

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestLineAndParagraphs(t *testing.T) {
	lines := []struct {
		name, in, want string
		ok             bool
	}{
		{"space around goes", "  Ada \n", "Ada", true},
		{"inner break", "A\nda", "", false},
		{"nul", "A\x00da", "", false},
		{"escape", "A\x1b[31mda", "", false},
		{"c1 control", "A\u0085da", "", false},
		{"right-to-left override", "A\u202eda", "", false},
		{"line separator", "A\u2028da", "", false},
		{"joined emoji", "👩‍🚀", "👩‍🚀", true},
		{"not UTF-8", "A\xff", "", false},
		{"as long as may be", strings.Repeat("ä", 64), strings.Repeat("ä", 64), true},
		{"too long", strings.Repeat("ä", 65), "", false},
		{"empty", " ", "", true},
	}
	for _, c := range lines {
		t.Run(c.name, func(t *testing.T) {
			got, err := Line("name", c.in, 64)
			if (err == nil) != c.ok || got != c.want {
				t.Errorf("Line(%q) = %q, %v; want %q, ok %v", c.in, got, err, c.want, c.ok)
			}
			if r, is := AsRefusal(err); err != nil && (!is || r.Code != Invalid) {
				t.Errorf("Line(%q) = %v, want a Refusal with %s", c.in, err, Invalid)
			}
		})
	}
	if got, err := Paragraphs("message", " a\r\n\tb\n", 10); got != "a\n\tb" || err != nil {
		t.Errorf("Paragraphs = %q, %v", got, err)
	}
	if _, err := Paragraphs("message", "a\rb", 10); err == nil {
		t.Error("Paragraphs takes a lone carriage return")
	}
	if _, err := Name("\t"); err == nil {
		t.Error("Name takes an empty name")
	}
}

func TestAskRefusesWhatIsMalformed(t *testing.T) {
	for _, body := range []string{``, `{`, `[]`, `{"name":1}`, "{\"name\":\"\xff\"}", `null{}`} {
		_, err := Ask[GroupsCreate](Envelope{Type: "groups.create", Body: json.RawMessage(body)})
		if r, ok := AsRefusal(err); !ok || r.Code != Invalid {
			t.Errorf("Ask(%q) = %v, want a Refusal with %s", body, err, Invalid)
		}
	}
	if _, err := Ask[GroupsCreate](Envelope{Type: "groups.rename", Body: json.RawMessage(`{}`)}); err == nil {
		t.Error("Ask decodes a body of another type")
	} else if _, ok := AsRefusal(err); ok {
		t.Error("Ask of another type is the operator's error, got a Refusal")
	}
	got, err := Ask[GroupsCreate](Envelope{Type: "groups.create", Body: json.RawMessage(`{"name":"Team"}`)})
	if err != nil || got.Name != "Team" {
		t.Errorf("Ask = %+v, %v", got, err)
	}
}
