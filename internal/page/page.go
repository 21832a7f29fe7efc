// Package page is the status page: files that a browser loads once, and that
// ask the API for everything they show. They hold no data, ask nobody else, and
// change nothing.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"time"
)

// Prefix is where all files are but the page itself, which is at "/".
const Prefix = "/page/"

// index is the page itself.
const index = "index.html"

//go:embed static
var static embed.FS //nolint:gochecknoglobals // the compiler can set nothing else

// policy lets the page load its own files and ask its own daemon, and nothing
// else. No text can become markup or a script, whatever it is: what would make
// it that is refused.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// A file is one of the page's.
type file struct {
	name    string
	kind    string // its Content-Type
	tag     string // its ETag
	content []byte
}

// Handler answers with the page, at "/", and its files, below [Prefix]. A
// browser keeps them, and asks whether they are still the same.
func Handler() http.Handler {
	files := make(map[string]file)
	for _, f := range read() {
		files[f.path()] = f
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r)
	})
}

// Paths returns where the page and its files are. They hold no data, so that a
// browser may load them without a token, and ask for it.
func Paths() []string {
	var paths []string
	for _, f := range read() {
		paths = append(paths, f.path())
	}
	slices.Sort(paths)
	return paths
}

// path is where f is served.
func (f file) path() string {
	if f.name == index {
		return "/"
	}
	return Prefix + f.name
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.tag)
	h.Set("Content-Type", f.kind)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.content))
}

// read returns all files.
func read() []file {
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		panic(err) // the compiler has put them there
	}
	var files []file
	for _, e := range entries {
		content, err := fs.ReadFile(static, "static/"+e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(content)
		files = append(files, file{e.Name(), kind(e.Name()), `"` + hex.EncodeToString(sum[:12]) + `"`, content})
	}
	return files
}

// kind is the Content-Type of a file. The host's list of them may be wrong.
func kind(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return "application/octet-stream"
	}
}
