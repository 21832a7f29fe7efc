package e2e

import (
	"crypto/md5" //nolint:gosec // keepalived's digest
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// locations are the responses that the two programs judge.
const locations = `return 404; }
    location = /ok { return 200 "hello\n"; }
    location = /empty { return 200 ""; }
    location = /nothing { return 204; }
    location = /moved { return 301 /ok; }
    location = /host { return 200 "$http_host\n"; }
    location = /broken { return 500 "sorry\n"; }
    location = /chunked { ssi on; ssi_types *; try_files /chunked =404;`

// keepalived and the director agree on which answers are good: the director has
// imported keepalived's configuration, and both ask the same web server.
func TestKeepalivedAgrees(t *testing.T) {
	nettest.Require(t, nettest.Keepalived)
	md5sum := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) } //nolint:gosec // see above
	dir := t.TempDir()
	program := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
		return path
	}
	get := func(lines ...string) string { return "HTTP_GET {\n" + strings.Join(lines, "\n") + "\n}" }
	url := func(path string, lines ...string) string {
		return "url {\npath " + path + "\n" + strings.Join(lines, "\n") + "\n}"
	}
	digest := func(text string) string { return "digest " + md5sum(text) }
	cases := []struct {
		name, check string
		weight      int // 0: down
	}{
		{"any 2xx", get(url("/ok")), 10},
		{"no 404", get(url("/absent")), 0},
		{"404 as wanted", get(url("/absent", "status_code 404")), 10},
		{"no 500", get(url("/broken")), 0},
		{"no redirect", get(url("/moved")), 0},
		{"a range of redirects", get(url("/moved", "status_code 301-302")), 10},
		{"several status codes", get(url("/ok", "status_code 404 200")), 10},
		{"another status code", get(url("/ok", "status_code 204")), 0},
		{"204", get(url("/nothing")), 10},
		{"digest", get(url("/ok", digest("hello\n"))), 10},
		{"another digest", get(url("/ok", digest("hello"))), 0},
		{"digest of nothing", get(url("/empty", digest(""))), 10},
		{"digest of an error", get(url("/broken", "status_code 500", digest("sorry\n"))), 10},
		{"digest of chunks", get("http_protocol 1.1", url("/chunked", digest("6\r\nhello\n\r\n0\r\n\r\n"))), 10},
		{"chunks are not taken off", get("http_protocol 1.1", url("/chunked", digest("hello\n"))), 0},
		{"no chunks with 1.0", get(url("/chunked", digest("hello\n"))), 10},
		{"Host is address and port", get(url("/host", digest("192.168.25.31:80\n"))), 10},
		{"virtualhost", get(url("/host", "virtualhost www.example.com", digest("www.example.com\n"))), 10},
		{"regex", get(url("/ok", `regex "h.l+o"`)), 10},
		{"no regex", get(url("/ok", `regex "^l+o"`)), 0},
		{"regex_no_match", get(url("/ok", `regex "h.l+o"`, "regex_no_match")), 0},
		{"caseless", get(url("/ok", `regex "HELLO"`, "regex_options caseless")), 10},
		{"one url of two is bad", get(url("/ok"), url("/absent")), 0},
		{"two good urls", get(url("/ok"), url("/nothing")), 10},
		{"a closed port", get("connect_port 81", url("/ok")), 0},
		{"TLS without a good certificate", "SSL_GET {\nconnect_port 443\n" + url("/ok", digest("hello\n")) + "\n}", 10},
		{"TLS where there is none", "SSL_GET {\n" + url("/ok") + "\n}", 0},
		{"TCP", "TCP_CHECK {\n}", 10},
		{"TCP to a closed port", "TCP_CHECK {\nconnect_port 81\n}", 0},
		{"two checks, one bad", "TCP_CHECK {\n}\n" + get(url("/absent")), 0},
		{"a program", "MISC_CHECK {\nmisc_path " + program("good", "exit 0") + "\n}", 10},
		{"a program that fails", "MISC_CHECK {\nmisc_path " + program("bad", "exit 1") + "\n}", 0},
		{"exit code 2", "MISC_CHECK {\nmisc_path " + program("two", "exit 2") + "\n}", 0},
		{"a weight", "MISC_CHECK {\nmisc_path " + program("seven", "exit 7") + "\nmisc_dynamic\n}", 5},
		{"a weight above the configured one", "MISC_CHECK {\nmisc_path " + program("forty", "exit 40") + "\nmisc_dynamic\n}", 38},
		{"two weights add up", "MISC_CHECK {\nmisc_path " + program("nine", "exit 9") + "\nmisc_dynamic\n}\n" +
			"MISC_CHECK {\nmisc_path " + program("eight", "exit 8") + "\nmisc_dynamic\n}", 3},
		{"a slow program", "MISC_CHECK {\nmisc_path " + program("slow", "sleep 60") + "\nmisc_timeout 1\n}", 0},
	}
	var config, want strings.Builder
	config.WriteString("global_defs {\nscript_user root\n}\n")
	for i, c := range cases {
		service := fmt.Sprint("192.168.25.100:", 1000+i)
		fmt.Fprintf(&config, "virtual_server 192.168.25.100 %d {\n# %s\ndelay_loop 10\nlb_algo wrr\nlb_kind NAT\nprotocol TCP\nalpha\nreal_server 192.168.25.31 80 {\nweight 10\n%s\n}\n}\n", 1000+i, c.name, c.check)
		fmt.Fprintf(&want, "-A -t %s -s wrr\n", service)
		if c.weight > 0 {
			fmt.Fprintf(&want, "-a -t %s -r 192.168.25.31:80 -m -w %d\n", service, c.weight)
		}
	}

	s := newSite(t)
	h := s.Host("r31", s.lan, "192.168.25.31/24")
	cert, key := nettest.NewAuthority(t, t.TempDir()).Issue(-time.Hour, "somebody.example")
	w := nginx(t, h, fmt.Sprintf("listen 80; listen 443 ssl; ssl_certificate %s; ssl_certificate_key %s;", cert, key), locations)
	w.page("chunked", "hello\n")
	theirs := s.Host("theirs", s.lan, "192.168.25.12/24", vip+"/32")
	ours := s.lonely()
	path := s.File(config.String())
	theirs.Start(theirs.Command("keepalived", "-n", "-l", "-D", "-C", "-f", path, "-p", theirs.StateDir()+".pid", "-c", theirs.StateDir()+".checkers.pid"))
	ours.Direct(s.File(imported(t, ours, s.Program(), "keepalived", path)))
	t.Run("keepalived", func(t *testing.T) { theirs.AwaitTable(soon, want.String()) })
	t.Run("ldirector", func(t *testing.T) { ours.AwaitTable(soon, want.String()) })
}
