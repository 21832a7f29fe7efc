package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxFileSize bounds one file, so that a path such as /dev/zero ends with a
// message. A service with ten real servers takes one kilobyte.
const maxFileSize = 64 << 20

// A source is one file: its text and, as far as that could be read, its tree.
type source struct {
	name   string
	text   []byte
	body   *hclsyntax.Body // nil if the text could not be parsed at all
	broken bool            // the syntax has errors: body is partial
}

// readSources reads and parses path, or the *.hcl files in it.
func readSources(path string) ([]source, hcl.Diagnostics) {
	names, diags := sourceNames(path)
	if diags.HasErrors() {
		return nil, diags
	}

	// Parsing is most of the work of a start, and files do not depend on
	// each other.
	sources := make([]source, len(names))
	results := make([]hcl.Diagnostics, len(names))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			text, readDiags := readFile(name)
			if readDiags.HasErrors() {
				sources[i], results[i] = source{name: name, broken: true}, readDiags
				return
			}
			sources[i], results[i] = parseSource(name, text)
		})
	}
	wg.Wait()
	for _, result := range results {
		diags = append(diags, result...)
	}
	return sources, diags
}

// sourceNames returns the files that make up the configuration at path.
func sourceNames(path string) ([]string, hcl.Diagnostics) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, pathError("Configuration not found", fmt.Sprintf(
			"%s: %v. Name an existing file, or a directory with *.hcl files, with --config.", path, plainError(err)))
	}
	if !info.IsDir() {
		return []string{path}, nil
	}

	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, pathError("Configuration not readable", fmt.Sprintf("%s: %v.", path, plainError(err)))
	}
	var names []string
	for _, entry := range entries { // ReadDir sorts by name
		// Editors leave hidden files such as .#web.hcl behind.
		if name := entry.Name(); strings.HasSuffix(name, ".hcl") && !strings.HasPrefix(name, ".") {
			names = append(names, filepath.Join(path, name))
		}
	}
	if len(names) == 0 {
		return nil, pathError("No configuration in directory", fmt.Sprintf(
			"%s has no file whose name ends in .hcl. Write one, or name another path with --config.", path))
	}
	return names, nil
}

// readFile returns the text of a file or pipe.
func readFile(name string) ([]byte, hcl.Diagnostics) {
	file, err := os.Open(name)
	if err != nil {
		return nil, pathError("Configuration not readable", fmt.Sprintf("%s: %v.", name, plainError(err)))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if err != nil {
		return nil, pathError("Configuration not readable", fmt.Sprintf("%s: %v.", name, plainError(err)))
	}
	if len(text) > maxFileSize {
		return nil, pathError("Configuration too large", fmt.Sprintf(
			"%s is larger than %d MiB. Split it into several files in one directory.", name, maxFileSize>>20))
	}
	return text, nil
}

// parseSource parses one file. Errors leave what could be understood in body.
func parseSource(name string, text []byte) (source, hcl.Diagnostics) {
	src := source{name: name, text: text}
	if diag := checkNesting(name, text); diag != nil {
		src.broken = true
		return src, hcl.Diagnostics{diag}
	}
	if src.body = parsePlain(name, text); src.body != nil {
		return src, nil
	}
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	src.broken = diags.HasErrors()
	if file != nil {
		src.body, _ = file.Body.(*hclsyntax.Body)
	}
	for _, diag := range diags {
		if strings.HasPrefix(diag.Detail, "Template sequences are not allowed") {
			diag.Detail = "A block's label cannot hold ${…}. Write the label out, or use a dynamic block with labels = [\"${…}\"]."
		}
	}
	return src, diags
}

// plainError returns the cause alone: the path is named by our own sentence.
func plainError(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

func pathError(summary, detail string) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail}}
}
