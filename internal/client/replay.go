package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"
)

// ReplayOptions choose a part of a call.
type ReplayOptions struct {
	Participant string // a user's ID; empty: everybody
	From, To    time.Duration
}

// ReplayStatus says how far the server is with a file.
type ReplayStatus struct {
	State  string  `json:"state"` // "working", "ready"
	Done   float64 `json:"done"`
	URL    string  `json:"url"`
	Bytes  int64   `json:"bytes"`
	SHA256 string  `json:"sha256"`
}

// PrepareReplay asks the server to make a call's file and waits until it is ready; progress (may be nil) hears 0 to 1.
func (c *Client) PrepareReplay(ctx context.Context, call string, o ReplayOptions, progress func(float64)) (ReplayStatus, error) {
	return c.prepare(ctx, "/api/calls/"+url.PathEscape(call)+"/replay", o, progress)
}

func (c *Client) prepare(ctx context.Context, path string, o ReplayOptions, progress func(float64)) (ReplayStatus, error) {
	in := struct {
		From        float64 `json:"from,omitempty"`
		To          float64 `json:"to,omitempty"`
		Participant string  `json:"participant,omitempty"`
	}{o.From.Seconds(), o.To.Seconds(), o.Participant}
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		var s ReplayStatus
		if err := c.do(ctx, "POST", path, in, &s); err != nil {
			return s, err
		}
		if progress != nil {
			progress(s.Done)
		}
		if s.State == "ready" {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Download copies the file of a ready ReplayStatus to w and checks its length and SHA-256; what does not match is [ErrCorrupt].
func (c *Client) Download(ctx context.Context, s ReplayStatus, w io.Writer) error {
	resp, err := c.send(ctx, "GET", s.URL, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), resp.Body)
	if err != nil {
		return fmt.Errorf("download replay: %w", err)
	}
	if sum := hex.EncodeToString(h.Sum(nil)); n != s.Bytes || sum != s.SHA256 {
		return fmt.Errorf("download replay: %w: %d bytes with SHA-256 %s instead of %d with %s", ErrCorrupt, n, sum, s.Bytes, s.SHA256)
	}
	return nil
}

// ErrCorrupt: what was downloaded is not what the server announced.
var ErrCorrupt = errors.New("the file is damaged")
