package natslog

import (
	"strings"
	"testing"

	"scaip/internal/log"
)

func TestStreamName(t *testing.T) {
	for topic, want := range map[log.Topic]string{
		"users.in":         "users_in",
		"call.01j-x.audio": "call_01j-x_audio",
		"a_b.c":            "a=b_c",
		"a._b":             "a_=b",
		"a_.b":             "a=_b",
		"a__b":             "a==b",
	} {
		if got := streamName(topic); got != want {
			t.Errorf("stream of %q: got %q, want %q", topic, got, want)
		}
		if got, ok := topicOf(want, []string{subjectOf(topic)}); !ok || got != topic {
			t.Errorf("topic of %q: got %q, %v, want %q", want, got, ok, topic)
		}
	}
}

func TestTopicOfForeignStreams(t *testing.T) {
	for stream, subjects := range map[string][]string{
		"users_in": {"scaip.users.out"},
		"users_IN": {"scaip.users.IN"},
		"a_in":     {"scaip.a.in", "scaip.b.in"},
		"b_in":     nil,
		"c_in":     {"c.in"},
		"d.in":     {"scaip.d.in"},
		"e__in":    {"scaip.e..in"},
		"all":      {"scaip.>"},
	} {
		if topic, ok := topicOf(stream, subjects); ok {
			t.Errorf("stream %q of %q: got topic %q, want none", stream, subjects, topic)
		}
	}
}

func FuzzStreamName(f *testing.F) {
	for _, s := range []string{"a._b", "a_.b", "a..b", "x", "A.b", "a=b", strings.Repeat("_", 200)} {
		f.Add(s, "a.b")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		ta, tb := log.Topic(a), log.Topic(b)
		if !ta.Valid() || !tb.Valid() {
			return
		}
		name := streamName(ta)
		if got, ok := topicOf(name, []string{subjectOf(ta)}); !ok || got != ta {
			t.Errorf("%q became %q, and that %q, %v", ta, name, got, ok)
		}
		if (name == streamName(tb)) != (ta == tb) {
			t.Errorf("%q and %q: same stream %q", ta, tb, name)
		}
		if len(name) > 255 || strings.ContainsAny(name, " .*>/\\\t\r\n") {
			t.Errorf("%q became %q, which no stream can be named", ta, name)
		}
	})
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", " ", "a b", " a", "a ", "%", "%41", "%4", "\r\nX: y", "\x00\x7f", "日本", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := escape(s)
		if got := unescape(e); got != s {
			t.Errorf("%q became %q and that %q", s, e, got)
		}
		if strings.TrimSpace(e) != e && strings.Trim(e, " \t\r\n") != e || strings.ContainsAny(e, "\r\n\x00") {
			t.Errorf("%q became %q, which no header keeps", s, e)
		}
	})
}
