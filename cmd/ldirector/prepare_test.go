package main

import (
	"os"
	"path/filepath"
	"testing"
)

// probed is a virtual server with a probe, from line 1 on.
func probed(probe string) string {
	return "virtual_server \"web\" {\n  address = \"192.0.2.10:80\"\n  lb_algo = \"rr\"\n  lb_kind = \"DR\"\n  real_servers = [\"192.0.2.31\"]\n" + probe + "}\n"
}

// TestProbesThatThisHostCannotDo: they are told with their line, whoever wants
// to run them, and nothing changes.
func TestProbesThatThisHostCannotDo(t *testing.T) {
	h := newHost(t)
	dir := t.TempDir()
	script := filepath.Join(dir, "check.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(script, 0o777); err != nil {
		t.Fatal(err)
	}
	h.write(instance("VI_1", 101, ""))
	h.ns.Start(h.play("run"))
	h.awaitStatus("VI_1           MASTER")
	for _, test := range []struct{ name, probe, words string }{
		{"missing program", "  misc_check { misc_path = \"" + dir + "/none\" }\n", "none"},
		{"program that others can write", "  misc_check { misc_path = \"" + script + "\" }\n", "check.sh"},
		{"unknown user", "  misc_check {\n    misc_path = \"/bin/true\"\n    user      = \"nobody-has-this-name\"\n  }\n", "nobody-has-this-name"},
		{"missing authority", "  ssl_get {\n    ca = \"" + dir + "/ca.pem\"\n    url { path = \"/\" }\n  }\n", "ca.pem"},
		{"missing certificate", "  smtp_check {\n    tls         = true\n    certificate = \"" + dir + "/client.pem\"\n  }\n", "client.pem"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := *h
			h.t = t
			h.write(instance("VI_1", 101, "") + probed(test.probe))
			for _, command := range []string{"plan", "reload"} {
				h.says(1, "a.hcl line 14, in virtual_server \"web\"", command)
				h.says(1, test.words, command)
			}
			other := h
			other.state = t.TempDir()
			other.says(1, "a.hcl line 14, in virtual_server \"web\"", "run")
			h.says(0, "is valid", "validate")
			h.awaitStatus("VI_1           MASTER")
		})
	}
	h.write(instance("VI_1", 101, ""))
	h.says(0, "", "reload")
}
