// Package web is the client: plain ES modules, served as they are and embedded in the binary. There is no build step.
//
// It guarantees that the client runs under [Policy]: it has no inline script or style, and it loads nothing from
// elsewhere.
package web

import "embed"

// Policy is the Content-Security-Policy under which the client works; the server sends it with every file. Cross-origin
// isolation (COOP same-origin, COEP require-corp) is wanted too: without it audio takes a slower way to the mixer.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; " +
	"media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'"

//go:embed index.html replay.html style.css *.svg manifest.webmanifest *.js
//go:embed app/*.js lib/*.js media/*.js ui/*.js
//go:embed vendor/*.js vendor/*.woff2 vendor/*.LICENSE
var files embed.FS

// Files returns the client's files; index.html answers "/". Each call returns the same, read-only files.
func Files() embed.FS { return files }
