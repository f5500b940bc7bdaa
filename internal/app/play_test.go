package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"scaip/internal/event"
)

func TestPlayRefuses(t *testing.T) {
	o := PlayOptions{Path: filepath.Join(t.TempDir(), "none.mkv"), Logger: slog.New(slog.DiscardHandler), Ready: func(string) { t.Error("it is ready") }}
	if r, ok := event.AsRefusal(Play(context.Background(), o)); !ok || r.Code != event.Invalid || !strings.Contains(r.Text, "no such file") {
		t.Errorf("a file that is not there: %+v", r)
	}
	o.Path = "play_test.go"
	if r, ok := event.AsRefusal(Play(context.Background(), o)); !ok || r.Code != event.Invalid {
		t.Errorf("a file that is no recording: %+v", r)
	}
}
