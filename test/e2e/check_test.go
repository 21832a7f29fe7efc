package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// A website is what an nginx on a host serves.
type website struct {
	t    *testing.T
	root string
}

const nginxConfig = `
pid %[1]s/nginx.pid;
error_log stderr warn;
worker_processes 1;
daemon off;
events {}
http {
  access_log off;
  default_type text/plain;
  client_body_temp_path %[1]s/tmp; proxy_temp_path %[1]s/tmp; fastcgi_temp_path %[1]s/tmp; uwsgi_temp_path %[1]s/tmp; scgi_temp_path %[1]s/tmp;
  server {
    %[2]s
    root %[1]s;
    location / { %[3]s }
  }
}
`

// nginx starts a web server on a host. listen and location are of its
// configuration.
func nginx(t *testing.T, h *lab.Host, listen, location string) *website {
	t.Helper()
	nettest.Require(t, nettest.Nginx)
	w := &website{t: t, root: t.TempDir()}
	for dir := w.root; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) { // its workers are not root
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(t.TempDir(), "nginx.conf")
	rewrite(t, config, fmt.Sprintf(nginxConfig, w.root, listen, location))
	h.Start(h.Command("nginx", "-c", config, "-p", w.root))
	return w
}

// page writes a page, or replaces it at once.
func (w *website) page(path, text string) {
	w.t.Helper()
	file := filepath.Join(w.root, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file+".new", []byte(text), 0o644); err != nil { //nolint:gosec // for the web server's user
		w.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		w.t.Fatal(err)
	}
}

// remove takes a page away.
func (w *website) remove(path string) {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.root, path)); err != nil {
		w.t.Fatal(err)
	}
}

// awaitReason waits for why a real server is down, or for what it warns of.
func awaitReason(t *testing.T, d *lab.Host, service, server, want string) {
	t.Helper()
	nettest.Eventually(t, soon, fmt.Sprintf("%s of %s says %q", server, service, want), func() error {
		for _, v := range status(t, d).VirtualServers {
			for _, r := range v.RealServers {
				if v.Name == service && r.Address == server && strings.Contains(r.Reason+r.Warning, want) {
					return nil
				}
			}
		}
		out, _ := d.Ldirector("status")
		return fmt.Errorf("status:\n%s", out)
	})
}

// Pages whose content is known, an encrypted one, and a script with arguments:
// each takes a server out when it turns bad, and in again.
func TestContentCheck(t *testing.T) {
	const digested, health = "testurl/test.jsp", "health"
	s := newSite(t)
	example := s.Example("content-check.hcl")
	authority := nettest.NewAuthority(t, t.TempDir())
	cert, key := authority.Issue(10*24*time.Hour, "www.example.com")
	sites := make(map[int]*website)
	for _, n := range []int{31, 32} {
		h := s.Host(fmt.Sprint("r", n), s.lan, fmt.Sprintf("192.168.25.%d/24", n))
		h.Prepare("-c", example, "--for", fmt.Sprint("192.168.25.", n))
		w := nginx(t, h, fmt.Sprintf("listen 80; listen 443 ssl; ssl_certificate %s; ssl_certificate_key %s; server_name www.example.com;", cert, key), "")
		w.page(digested, "The shop is open.\n")
		w.page(health, "database: up\n")
		sites[n] = w
	}
	dir := t.TempDir()
	script, broken := filepath.Join(dir, "check-app"), filepath.Join(dir, "broken")
	if err := os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\n[ \"$1 $2\" = '--max-load 20' ] && [ \"$(cat %s)\" != $RIP ] || { echo noise; echo \"too much to do on $RIP\"; exit 1; }\n", broken), 0o755); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	rewrite(t, broken, "")
	d := s.director(1)
	d.Direct(example, "--var", "script="+script, "--var", "ca="+authority.File)
	await := func(plain, encrypted string) {
		t.Helper()
		awaitServers(t, d, "-t "+web, "192.168.25.", plain)
		awaitServers(t, d, "-t "+vip+":443", "192.168.25.", encrypted)
	}
	await("31 32", "31 32")
	awaitReason(t, d, "shop-tls", "192.168.25.31:443", "ssl_get: certificate expires in 9 days")

	sites[31].page(digested, "The shop is closed.\n")
	await("32", "31 32")
	awaitReason(t, d, "shop", "192.168.25.31:80", "http_get: ")
	out, code := d.Ldirector("genhash", "--digest", "md5", "http://192.168.25.31/"+digested)
	if want := "439133af006e5a29d76de11b9add990c"; code != 0 || strings.Contains(out, want) {
		t.Errorf("genhash of the changed page: exit code %d, %s", code, out)
	}
	sites[31].page(digested, "The shop is open.\n")
	await("31 32", "31 32")
	if out, code := d.Ldirector("genhash", "--digest", "md5", "http://192.168.25.31/"+digested); code != 0 || !strings.Contains(out, "439133af006e5a29d76de11b9add990c") {
		t.Errorf("genhash: exit code %d, %s", code, out)
	}

	sites[32].page(health, "database: down\n")
	await("31", "31 32")
	sites[32].remove(health)
	await("31", "31")
	awaitReason(t, d, "shop-tls", "192.168.25.32:443", "404")
	sites[32].page(health, "database: slow\n")
	await("31 32", "31 32")

	rewrite(t, broken, "192.168.25.32")
	await("31", "31 32")
	awaitReason(t, d, "shop", "192.168.25.32:80", "misc_check: ")
	awaitReason(t, d, "shop", "192.168.25.32:80", "too much to do on 192.168.25.32")
	rewrite(t, broken, "")
	await("31 32", "31 32")
}

// A host that is powered off is out even for UDP.
func TestPingCheck(t *testing.T) {
	s := newSite(t)
	example := s.Example("ping-check.hcl")
	hosts := make(map[int]*lab.Host)
	for _, n := range []int{31, 32} {
		h, server := s.backend(n, "-c", example, "--for", fmt.Sprint("192.168.25.", n))
		h.ServeUDP(":53", server.Name())
		hosts[n] = h
	}
	d := s.director(1)
	d.Direct(example)
	const one = `
		-A -u 192.168.25.100:53 -s rr -o
		-a -u 192.168.25.100:53 -r 192.168.25.31:53 -g -w 1`
	const both = one + "\n-a -u 192.168.25.100:53 -r 192.168.25.32:53 -g -w 1"
	d.AwaitTable(soon, both)
	d.AwaitAddress(soon, vip, true)
	expect(t, s.client.Spread("udp", vip+":53", 4), "r31:2 r32:2")

	hosts[32].Vanish()
	d.AwaitTable(soon, one)
	awaitReason(t, d, "dns", "192.168.25.32:53", "ping_check: ")
	expect(t, s.client.Spread("udp", vip+":53", 4), "r31:4")
	hosts[32].Return()
	d.AwaitTable(soon, both)
	expect(t, s.client.Spread("udp", vip+":53", 4), "r31:2 r32:2")
}

// Weights from agents and from a file, which acts when it is written and not at
// the next probe.
func TestAgentWeight(t *testing.T) {
	s := newSite(t)
	example := s.Example("agent-weight.hcl")
	agents := make(map[int]*website)
	for _, n := range []int{31, 32} {
		h, _ := s.backend(n, "-c", example, "--for", fmt.Sprint("192.168.25.", n))
		agents[n] = nginx(t, h, "listen 8081;", "")
		agents[n].page("weight", "100%\n")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "r32.weight")
	d := s.director(1)
	d.Direct(example, "--var", "directory="+dir)
	await := func(first, second int) {
		t.Helper()
		d.AwaitTable(soon, fmt.Sprintf(`
			-A -t 192.168.25.100:80 -s wrr
			-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w %d
			-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w %d`, first, second))
	}
	await(10, 10)
	agents[31].page("weight", "50%\n")
	await(5, 10)
	agents[31].page("weight", "30\n")
	await(30, 10)
	expect(t, s.client.Spread("tcp", web, 8), "r31:6 r32:2")

	transfer := drainable(s, "r31")
	agents[31].page("weight", "0")
	await(0, 10)
	expect(t, s.client.Spread("tcp", web, 4), "r32:4")
	if err := transfer.Continue(); err != nil {
		t.Errorf("a connection to the drained server: %v", err)
	}
	v := status(t, d).VirtualServers[0]
	if r := v.RealServers[0]; r.State != "up" || r.Weight != 0 || r.EffectiveWeight != 0 || r.ConfiguredWeight != 10 || v.LiveWeight != 10 {
		t.Errorf("status of a server that drains itself: %+v, live weight %d", r, v.LiveWeight)
	}
	agents[31].page("weight", "as you like")
	awaitServers(t, d, "-t "+web, "192.168.25.", "32")
	awaitReason(t, d, "web", "192.168.25.31:80", "no weight")
	agents[31].page("weight", "10")
	await(10, 10)

	rewrite(t, file, "-10\n") // the next probe would be after ten minutes
	await(10, 0)
	rewrite(t, file, "5\n")
	await(10, 15)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	await(10, 10)
}

// drainable opens a long connection to a certain server.
func drainable(s *site, server string) *lab.Transfer {
	s.t.Helper()
	for range 10 {
		transfer := s.client.Transfer(web)
		if transfer.Server == server {
			return transfer
		}
	}
	s.t.Fatalf("no connection goes to %s", server)
	return nil
}
