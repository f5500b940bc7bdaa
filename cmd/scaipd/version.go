package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is set by the linker: -X main.release=v1.2.3.
var release string

// programVersion is the release, or the commit that was built.
func programVersion() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	version, changed := "devel", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			version = "devel-" + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+changes"
		}
	}
	return version + changed
}

func (c *cli) version() *cobra.Command {
	return c.listing(leaf("version", "Print the version", "  scaipd version\n  scaipd version --json", 0, func(context.Context, []string) error {
		v := struct {
			Version string `json:"version"`
			Go      string `json:"go"`
			System  string `json:"system"`
		}{programVersion(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
		return c.print(v, func(w io.Writer) { fmt.Fprintf(w, "scaipd %s (%s, %s)\n", v.Version, v.Go, v.System) })
	}))
}
