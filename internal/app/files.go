package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"scaip/internal/event"
	"scaip/internal/services"
)

// files serves the client. Each file has an ETag and is asked for again each time: a new daemon has a new client, and modules import each
// other by name.
type files struct {
	byPath map[string]file
}

type file struct {
	content []byte
	typ     string
	etag    string
}

// newFiles reads all of fsys; index.html answers "/".
func newFiles(fsys fs.FS) (*files, error) {
	f := &files{byPath: make(map[string]file)}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		f.byPath["/"+name] = file{content: content, typ: contentType(name), etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the client's files: %w", err)
	}
	index, ok := f.byPath["/index.html"]
	if !ok {
		return nil, fmt.Errorf("read the client's files: there is no index.html")
	}
	f.byPath["/"] = index
	return f, nil
}

// contentType does not ask the machine's tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	case ".wasm":
		return "application/wasm"
	case ".png":
		return "image/png"
	case ".json":
		return "application/json"
	case ".LICENSE", ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, ok := f.byPath[r.URL.Path]
	if !ok {
		services.WriteJSON(w, http.StatusNotFound, event.Refusal{Code: event.NotFound, Text: "There is nothing here."})
		return
	}
	h := w.Header()
	h.Set("ETag", found.etag)
	h.Set("Cache-Control", "no-cache")
	if matches(r.Header.Get("If-None-Match"), found.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", found.typ)
	h.Set("Content-Length", strconv.Itoa(len(found.content)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(found.content) // an error here means that the client has gone
	}
}

// matches compares an If-None-Match (RFC 9110, 13.1.2) with an ETag.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
