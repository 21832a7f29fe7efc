package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDirectoryIsMergedInNameOrder(t *testing.T) {
	service := func(name, addr string) string {
		return `virtual_server "` + name + `" {
  address      = "${var.net}.` + addr + `:80"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.0.2.31"]
}
`
	}
	dir := writeFiles(t, map[string]string{
		"20-b.hcl":      service("b", "2"),
		"10-c.hcl":      service("c", "3"),
		"90-vars.hcl":   `variable "net" { default = "192.0.2" }`,
		"30-a.hcl":      "global { router_id = \"x\" }\n" + service("a", "1"),
		".#20-b.hcl":    "an editor's leftover {",
		"README":        "not ours {",
		"40-d.hcl.save": "neither {",
	})
	cfg, diags := Load(dir, nil, nil)
	if len(diags) > 0 {
		t.Fatal(messages(t, cfg, diags))
	}
	var names []string
	for _, v := range cfg.Director.VirtualServers {
		names = append(names, v.Name)
	}
	if got := strings.Join(names, " "); got != "c b a" {
		t.Errorf("order %q", got)
	}
	if cfg.Global.RouterID != "x" {
		t.Errorf("router_id %q", cfg.Global.RouterID)
	}
}

func TestErrorsOfAllFilesAreReported(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"a.hcl": "virtual_server \"a\" {\n  address = var.vip\n  address = \n",
		"b.hcl": "ipvs { resync = 0 }\nlocals { a = local.missing }\n",
		"c.hcl": "ipvs { on_exit = \"no\" }\nglobal { router_id = var.known }\n",
		"d.hcl": "variable \"known\" { default = \"x\" }\nglobal {",
	})
	file, err := filepath.Abs("testdata/all_files.txt")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	cfg, diags := Load(".", map[string]string{"maybe": "defined in a broken file"}, nil)
	golden(t, file, messages(t, cfg, diags))
}

func TestPathErrors(t *testing.T) {
	empty := t.TempDir()
	dangling := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(dangling, "a.hcl")); err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	if err := os.Mkdir(filepath.Join(directory, "a.hcl"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, path, want string }{
		{"missing", filepath.Join(empty, "none.hcl"), "no such file or directory. Name an existing file, or a directory"},
		{"empty directory", empty, "has no file whose name ends in .hcl"},
		{"dangling link", dangling, "no such file or directory"},
		{"directory named like a file", directory, "is a directory"},
		{"endless", "/dev/zero", "is larger than 64 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg, diags := Load(test.path, nil, nil)
			if cfg == nil || len(diags) != 1 || !diags.HasErrors() || !strings.Contains(diags[0].Detail, test.want) {
				t.Errorf("got %v, want one error with %q", diags, test.want)
			}
		})
	}
}

func TestConfigurationFromAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString(`global { router_id = "piped" }`); err != nil {
		t.Fatal(err)
	}
	w.Close()
	cfg, diags := Load(fmt.Sprintf("/dev/fd/%d", r.Fd()), nil, nil)
	if len(diags) > 0 || cfg.Global.RouterID != "piped" {
		t.Errorf("%v %+v", diags, cfg.Global)
	}
}
