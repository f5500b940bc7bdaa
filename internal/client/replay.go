package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
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
	return c.download(ctx, s, begun{}, w)
}

// begun is the beginning of a file that is there already.
type begun struct {
	bytes int64
	hash  hash.Hash // SHA-256 of them; it goes on
}

// Resume is Download for a file whose beginning, f up to its end, is there: it appends the rest. progress (may be nil) hears how many bytes there are. A
// beginning that is longer than the file is [ErrCorrupt], as what does not match in the end.
func (c *Client) Resume(ctx context.Context, s ReplayStatus, f io.ReadWriter, progress func(bytes int64)) error {
	b := begun{hash: sha256.New()}
	var err error
	if b.bytes, err = io.Copy(b.hash, f); err != nil {
		return fmt.Errorf("download replay: %w", err)
	}
	n := b.bytes
	return c.download(ctx, s, b, writerFunc(func(p []byte) (int, error) {
		written, err := f.Write(p)
		if n += int64(written); progress != nil {
			progress(n)
		}
		return written, err
	}))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// download gets what is missing behind b.
func (c *Client) download(ctx context.Context, s ReplayStatus, b begun, w io.Writer) error {
	if b.hash == nil {
		b.hash = sha256.New()
	}
	n := int64(0)
	if b.bytes < s.Bytes {
		var err error
		if n, err = c.rest(ctx, s, b, w); err != nil {
			return err
		}
	}
	if sum := hex.EncodeToString(b.hash.Sum(nil)); b.bytes+n != s.Bytes || sum != s.SHA256 {
		return fmt.Errorf("download replay: %w: %d bytes with SHA-256 %s instead of %d with %s", ErrCorrupt, b.bytes+n, sum, s.Bytes, s.SHA256)
	}
	return nil
}

// rest copies the file from b on, and returns how much that was.
func (c *Client) rest(ctx context.Context, s ReplayStatus, b begun, w io.Writer) (int64, error) {
	h := http.Header{}
	if b.bytes > 0 {
		h.Set("Range", fmt.Sprintf("bytes=%d-", b.bytes))
		h.Set("If-Match", `"`+s.SHA256+`"`) // or else it would be the rest of another file
	}
	resp, err := c.sendWith(ctx, "GET", s.URL, h, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if b.bytes > 0 && resp.StatusCode != http.StatusPartialContent {
		return 0, fmt.Errorf("download replay: %w: the server does not give the rest", ErrCorrupt)
	}
	n, err := io.Copy(io.MultiWriter(w, b.hash), resp.Body)
	if err != nil {
		return n, fmt.Errorf("download replay: %w", err)
	}
	return n, nil
}

// ErrCorrupt: what was downloaded is not what the server announced.
var ErrCorrupt = errors.New("the file is damaged")
