package replay

import (
	"context"
	"time"
)

// A SealedFile is the file of a call.
type SealedFile struct {
	Path    string // empty: there is none
	Bytes   int64
	SHA256  string  // hex
	Pending bool    // it is being made
	Done    float64 // how far that is, 0 to 1
}

// pollSealed is how often Open looks whether a call has been sealed.
const pollSealed = 50 * time.Millisecond

// sealed finds the sealed file of the call of r.
func (c *Cache) sealed(r Request) (SealedFile, error) {
	if !r.Ended || c.o.Sealed == nil {
		return SealedFile{}, nil
	}
	return c.o.Sealed(r.Call)
}

// awaitSealed is sealed, after a file that is being made.
func (c *Cache) awaitSealed(ctx context.Context, r Request) (SealedFile, error) {
	for {
		f, err := c.sealed(r)
		if err != nil || !f.Pending {
			return f, err
		}
		select {
		case <-ctx.Done():
			return f, ctx.Err()
		case <-time.After(pollSealed):
		}
	}
}

func (f SealedFile) status() Status {
	return Status{Ready: true, Done: 1, Bytes: f.Bytes, SHA256: f.SHA256}
}
