package main

import (
	"fmt"
	"io"
	"time"
)

// A counter shows how much has been written.
type counter struct {
	w        io.Writer
	n, total int64
	bar      *bar
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.bar.show("downloading", float64(c.n)/float64(max(c.total, 1)))
	return n, err
}

// A bar shows progress on a terminal, and nothing elsewhere.
type bar struct {
	w    io.Writer // nil: nothing
	last time.Time
}

func (c *cli) newBar() *bar {
	if !terminal(c.err) {
		return &bar{}
	}
	return &bar{w: c.err}
}

const barWidth = 30

func (b *bar) show(what string, done float64) {
	if b.w == nil || time.Since(b.last) < 50*time.Millisecond && done < 1 {
		return
	}
	b.last = time.Now()
	full := int(min(max(done, 0), 1) * barWidth)
	fmt.Fprintf(b.w, "\r%-12s [%-*.*s] %3.0f %%", what, barWidth, full, "##############################", done*100)
}

// clear takes the bar away.
func (b *bar) clear() {
	if b.w != nil && !b.last.IsZero() {
		fmt.Fprintf(b.w, "\r%*s\r", barWidth+24, "")
	}
}
