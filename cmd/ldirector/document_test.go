package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/test/docs"
)

const repository = "../.."

func documents(t *testing.T) []docs.Page {
	t.Helper()
	all, err := docs.Read(repository)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d documents, %v", len(all), err)
	}
	return all
}

// Every relative link leads to a file and, where it names a heading, to that.
func TestDocumentsLinks(t *testing.T) {
	all := documents(t)
	byPath := make(map[string]docs.Page)
	for _, p := range all {
		byPath[p.Path] = p
	}
	for _, p := range all {
		for _, l := range p.Links {
			if strings.Contains(l.Target, "://") || strings.HasPrefix(l.Target, "mailto:") {
				continue
			}
			file, fragment, _ := strings.Cut(l.Target, "#")
			path := p.Path
			if file != "" {
				path = filepath.Join(filepath.Dir(p.Path), file)
			}
			if _, err := os.Stat(filepath.Join(repository, path)); err != nil {
				t.Errorf("%s:%d: link to %s: %v", p.Path, l.Line, l.Target, err)
			} else if target, ok := byPath[path]; ok && fragment != "" && !target.HasAnchor(fragment) {
				t.Errorf("%s:%d: %s has no heading %q", p.Path, l.Line, path, fragment)
			}
		}
	}
}

// Files of the repository that the documents name are there.
func TestDocumentsFiles(t *testing.T) {
	name := regexp.MustCompile(`(?:^|[\s("])((?:examples|packaging|docs|test|cmd|internal)/[\w./*-]*\w)`)
	for _, p := range documents(t) {
		texts := p.Inline()
		for _, b := range p.Blocks {
			for i, text := range strings.Split(b.Text, "\n") {
				texts[b.Line+i] = append(texts[b.Line+i], text)
			}
		}
		for number, line := range texts {
			for _, m := range name.FindAllStringSubmatch(strings.Join(line, "\n"), -1) {
				if found, err := filepath.Glob(filepath.Join(repository, m[1])); err != nil || len(found) == 0 {
					t.Errorf("%s:%d: there is no %s", p.Path, number, m[1])
				}
			}
		}
	}
}

// Every configuration in the documents is valid. One that is only a part says by
// a comment before it where it stands: <!-- in: virtual_server -->, or
// <!-- beside: web --> for a part that needs other blocks.
func TestDocumentsConfigurations(t *testing.T) {
	for _, p := range documents(t) {
		for _, b := range p.Blocks {
			if b.Language != "hcl" {
				continue
			}
			file := filepath.Join(t.TempDir(), "document.hcl")
			if err := os.WriteFile(file, []byte(complete(b)), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, diags := config.Load(file, nil, nil)
			if len(diags) > 0 {
				var text strings.Builder
				if err := config.WriteDiagnostics(&text, cfg, diags, false); err != nil {
					t.Fatal(err)
				}
				t.Errorf("%s:%d: %s", p.Path, b.Line, text.String())
			}
		}
	}
}

// complete makes a configuration of a part of one.
func complete(b docs.Block) string {
	const (
		server  = "virtual_server \"web\" {\n  address = \"192.168.25.100:80\"\n  lb_algo = \"wrr\"\n  lb_kind = \"DR\"\n"
		servers = "  real_servers = [\"192.168.25.31\", \"192.168.25.32\"]\n"
		probed  = "  tcp_check {}\n" + servers
		router  = "vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = 51\n  virtual_ipaddress = [\"192.168.25.100/24\"]\n"
	)
	switch where := b.Mark; where {
	case "in: virtual_server": // which has no real servers yet
		return server + b.Text + "}\n"
	case "in: virtual_server with servers":
		return server + servers + b.Text + "}\n"
	case "in: marked virtual_server":
		return "virtual_server \"marked\" {\n  fwmark = 7\n  lb_algo = \"rr\"\n  lb_kind = \"DR\"\n  tcp_check { connect_port = 8080 }\n  real_servers = [\"192.168.25.31\"]\n" + b.Text + "}\n"
	case "in: vrrp_instance":
		return router + b.Text + "}\n" + server + probed + "}\n"
	case "beside: web":
		return router + "}\n" + server + probed + "}\n" + b.Text
	default:
		return b.Text
	}
}

// Every command of ours in the documents has a known name, known flags and the
// right number of arguments. What stands in the text may leave arguments out.
func TestDocumentsCommands(t *testing.T) {
	for _, p := range documents(t) {
		for _, b := range p.Blocks {
			if b.Language == "hcl" || b.Language == "text" {
				continue
			}
			for i, text := range strings.Split(b.Text, "\n") {
				for _, command := range commands(text) {
					if err := parseCommand(command, true); err != nil {
						t.Errorf("%s:%d: ldirector %s: %v", p.Path, b.Line+i, strings.Join(command, " "), err)
					}
				}
			}
		}
		for number, texts := range p.Inline() {
			for _, text := range texts {
				for _, command := range commands(text) {
					if err := parseCommand(command, false); err != nil {
						t.Errorf("%s:%d: ldirector %s: %v", p.Path, number, strings.Join(command, " "), err)
					}
				}
			}
		}
	}
}

// commands returns the words behind each "ldirector" that begins a command of a
// line of shell. Brackets around what may be left out are taken away.
func commands(text string) [][]string {
	text, _, _ = strings.Cut(text, " #")
	text = regexp.MustCompile(`[0-9]?>+ *[^ ]+`).ReplaceAllString(text, "")
	text = strings.NewReplacer("[", "", "]", "", "...", "").Replace(text)
	var found [][]string
	for _, part := range regexp.MustCompile(`&&|\|\||[;|()]`).Split(text, -1) {
		words := strings.Fields(part)
		for len(words) > 0 && strings.Contains(words[0], "=") { // variables
			words = words[1:]
		}
		if len(words) > 1 && words[0] == "ldirector" {
			found = append(found, words[1:])
		}
	}
	return found
}

// parseCommand parses as the program does, but does nothing.
func parseCommand(words []string, whole bool) error {
	for i, w := range words {
		words[i] = strings.Trim(w, `"'`)
	}
	root := newCommand(io.Discard, io.Discard)
	root.InitDefaultCompletionCmd()
	cmd, rest, err := root.Find(longVar(words))
	if err != nil {
		return err
	}
	if cmd == root {
		return fmt.Errorf("it is no command")
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if !whole {
		return nil
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// The list of packages has all of them.
func TestDocumentsPackages(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, "docs/architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, pattern := range []string{"cmd/*", "internal/*", "director/ipvs", "director", "healthcheck", "vrrp", "realserver"} {
		found, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if name := strings.TrimPrefix(dir, repository+"/"); !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/architecture.md does not say what %s is", name)
		}
	}
}
