package config

import (
	"bytes"
	"crypto/sha256"
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
	digest digest
	parsed bool
	body   *hclsyntax.Body // nil if the text could not be parsed at all
	broken bool            // the syntax has errors: body is partial

	later    []plainBlock // its virtual_server blocks, where body lacks them
	blocks   []*hcl.Block // its virtual_server blocks otherwise
	services []*decoded   // what they mean, nil until they are decoded
}

// readSources reads path, or the *.hcl files in it.
func readSources(path string) ([]source, hcl.Diagnostics) {
	names, diags := sourceNames(path)
	if diags.HasErrors() {
		return nil, diags
	}
	sources := make([]source, len(names))
	return sources, append(diags, eachSource(sources, func(i int) hcl.Diagnostics {
		sources[i].name = names[i]
		text, diags := readFile(names[i])
		sources[i].text, sources[i].digest = text, sha256.Sum256(text)
		sources[i].parsed, sources[i].broken = diags.HasErrors(), diags.HasErrors()
		return diags
	})...)
}

// parseSources parses the sources that could be read.
func parseSources(sources []source) hcl.Diagnostics {
	return eachSource(sources, func(i int) hcl.Diagnostics {
		if sources[i].parsed {
			return nil
		}
		return sources[i].parse()
	})
}

// eachSource calls do for the index of each source, several at a time: files
// do not depend on each other. It returns all diagnostics in order.
func eachSource(sources []source, do func(i int) hcl.Diagnostics) (diags hcl.Diagnostics) {
	results := make([]hcl.Diagnostics, len(sources))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range sources {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			results[i] = do(i)
		})
	}
	wg.Wait()
	for _, result := range results {
		diags = append(diags, result...)
	}
	return diags
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
	var buffer bytes.Buffer
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		buffer.Grow(int(min(info.Size(), maxFileSize)) + bytes.MinRead)
	}
	_, err = buffer.ReadFrom(io.LimitReader(file, maxFileSize+1))
	text := buffer.Bytes()
	if err != nil {
		return nil, pathError("Configuration not readable", fmt.Sprintf("%s: %v.", name, plainError(err)))
	}
	if len(text) > maxFileSize {
		return nil, pathError("Configuration too large", fmt.Sprintf(
			"%s is larger than %d MiB. Split it into several files in one directory.", name, maxFileSize>>20))
	}
	return text, nil
}

// parse parses the text, but for virtual_server blocks that can be parsed one
// by one: the tree of a large file takes thirty times as much memory as its
// text. Errors leave what could be understood in body.
func (s *source) parse() hcl.Diagnostics {
	s.parsed = true
	if diag := checkNesting(s.name, s.text); diag != nil {
		s.broken = true
		return hcl.Diagnostics{diag}
	}
	if bytes.Contains(s.text, []byte("<<")) { // a here-document may hold what looks like blocks
		return s.parseAll()
	}
	s.body, s.later = parsePlain(s.name, s.text, "virtual_server")
	if s.body == nil || hasDynamic(s.body) { // which may make some between the others
		return s.parseAll()
	}
	return nil
}

// parseAll parses the whole text.
func (s *source) parseAll() hcl.Diagnostics {
	s.later, s.blocks, s.services = nil, nil, nil
	if s.body, _ = parsePlain(s.name, s.text, ""); s.body != nil {
		return nil
	}
	file, diags := hclsyntax.ParseConfig(s.text, s.name, hcl.InitialPos)
	s.broken = diags.HasErrors()
	if file != nil {
		s.body, _ = file.Body.(*hclsyntax.Body)
	}
	for _, diag := range diags {
		if strings.HasPrefix(diag.Detail, "Template sequences are not allowed") {
			diag.Detail = "A block's label cannot hold ${…}. Write the label out, or use a dynamic block with labels = [\"${…}\"]."
		}
	}
	return diags
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
