package natslog

import (
	"strings"

	"scaip/internal/log"
)

// subjectPrefix begins the subject of every stream that is a topic.
const subjectPrefix = "scaip."

// A topic's characters stand for themselves in its stream's name except these two. '=' occurs in no topic, so the way
// back is unambiguous, and the name is as long as the topic. No upper case: streams are directories, and some file
// systems don't tell the cases apart.
var (
	toStream   = strings.NewReplacer(".", "_", "_", "=")
	fromStream = strings.NewReplacer("_", ".", "=", "_")
)

// streamName returns the name of the stream that holds t, which must be valid.
func streamName(t log.Topic) string { return toStream.Replace(string(t)) }

// subjectOf returns the one subject of the stream that holds t.
func subjectOf(t log.Topic) string { return subjectPrefix + string(t) }

// topicOf returns the topic that a stream holds; false if the stream is none of ours.
func topicOf(stream string, subjects []string) (log.Topic, bool) {
	t := log.Topic(fromStream.Replace(stream))
	ok := t.Valid() && streamName(t) == stream && len(subjects) == 1 && subjects[0] == subjectOf(t)
	return t, ok
}

const hexDigits = "0123456789ABCDEF"

// escape makes s fit into a header's value and survive there: '%', control characters and spaces at the ends become %XX.
func escape(s string) string {
	plain := func(i int) bool {
		c := s[i]
		return c > ' ' && c != '%' && c != 0x7f || c == ' ' && i > 0 && i < len(s)-1
	}
	i := 0
	for i < len(s) && plain(i) {
		i++
	}
	if i == len(s) {
		return s
	}
	b := append(make([]byte, 0, len(s)+8), s[:i]...)
	for ; i < len(s); i++ {
		if plain(i) {
			b = append(b, s[i])
		} else {
			b = append(b, '%', hexDigits[s[i]>>4], hexDigits[s[i]&15])
		}
	}
	return string(b)
}

// unescape is the way back from escape. What escape didn't write stays as it is.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
			if hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}
