package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// A postOffice is an exim on a host, which keeps the mail it gets.
type postOffice struct {
	t     *testing.T
	host  *lab.Host
	spool string
}

const eximConfig = `
spool_directory = %[1]s
log_file_path = %[1]s/%%slog
pid_file_path = %[1]s/pid
primary_hostname = mail.example.org
domainlist local = example.org
host_lookup =
rfc1413_query_timeout = 0s
queue_only = true
acl_smtp_rcpt = accept
acl_smtp_data = accept
`

func newPostOffice(t *testing.T, h *lab.Host) *postOffice {
	t.Helper()
	nettest.Require(t, "exim4")
	spool, err := os.MkdirTemp("/tmp", "spool") //nolint:usetesting // exim works as a user of its own
	if err == nil {
		err = os.Chmod(spool, 0o777) //nolint:gosec // see above
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(spool) })
	return &postOffice{t, h, spool}
}

// open starts the server.
func (p *postOffice) open(address string) {
	p.t.Helper()
	config := filepath.Join(p.spool, "exim.conf")
	rewrite(p.t, config, fmt.Sprintf(eximConfig, p.spool))
	ip, port, err := net.SplitHostPort(address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.host.Start(p.host.Command("exim4", "-C", config, "-bdf", "-oX", "<, "+ip+"."+port))
}

// await waits for a mail whose header and text have all of the words in them.
func (p *postOffice) await(words ...string) {
	p.t.Helper()
	nettest.Eventually(p.t, soon, fmt.Sprintf("mail with %q", words), func() error {
		headers, err := filepath.Glob(filepath.Join(p.spool, "input", "*-H"))
		if err != nil {
			return err
		}
		all := ""
		for _, file := range headers {
			head, _ := os.ReadFile(file)
			body, _ := os.ReadFile(strings.TrimSuffix(file, "-H") + "-D")
			mail := string(head) + strings.ReplaceAll(string(body), "=\n", "")
			missing := false
			for _, word := range words {
				missing = missing || !strings.Contains(mail, word)
			}
			if !missing {
				return nil
			}
			all += mail
		}
		return fmt.Errorf("%d mails:\n%s", len(headers), all)
	})
}

// A receiver is an HTTP server on a host that keeps what it gets.
type receiver struct {
	mu    sync.Mutex
	kinds []string // of events
}

func newReceiver(t *testing.T, h *lab.Host, address string) *receiver {
	t.Helper()
	r := &receiver{}
	var l net.Listener
	if err := h.Do(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return r
}

func (r *receiver) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	var message struct {
		Events []struct {
			Kind string `json:"kind"`
		} `json:"events"`
	}
	if text, err := io.ReadAll(request.Body); err != nil || json.Unmarshal(text, &message) != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range message.Events {
		r.kinds = append(r.kinds, e.Kind)
	}
}

func (r *receiver) await(t *testing.T, kind string) {
	t.Helper()
	nettest.Eventually(t, soon, "event "+kind, func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !slices.Contains(r.kinds, kind) {
			return fmt.Errorf("events %v", r.kinds)
		}
		return nil
	})
}

const alerts = `
global {
  router_id = "lvs1"
  email {
    smtp_server = "192.168.25.98:25"
    to          = ["ops@example.org"]
    from        = "lvs@example.org"
    digest      = "1s"
  }
  webhook "all" {
    url    = "http://192.168.25.98:8080/"
    digest = "0s"
    events = ["all"]
  }
}
ipvs { resync = "1s" }
`

// A real server dies while the mail server is down: the table changes all the
// same, status says that mail waits, and it comes when the server is back. What
// another program changes is told as well.
func TestMailTellsOfADeadServer(t *testing.T) {
	s := newSite(t)
	_, first := s.backend(31, vip)
	s.backend(32, vip)
	office := s.Host("office", s.lan, "192.168.25.98/24")
	post, hook := newPostOffice(t, office), newReceiver(t, office, "192.168.25.98:8080")
	d := s.lonely()
	d.Direct(s.File(alerts + strings.Replace(service, `lb_kind    = "DR"`, "lb_kind = \"DR\"\nquorum = 2\nsmtp_alert = true", 1)))
	d.AwaitTable(soon, serviceTable)
	hook.await(t, "started")

	first.Die()
	d.AwaitTable(soon, "-A -t 192.168.25.100:80 -s rr\n-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w 1")
	hook.await(t, "quorum_lost")
	nettest.Eventually(t, soon, "mail that waits", func() error {
		out, _ := d.Ldirector("status")
		if !strings.Contains(out, "EMAIL DOES NOT HEAR OF EVENTS") {
			return fmt.Errorf("status:\n%s", out)
		}
		return nil
	})
	post.open("192.168.25.98:25")
	post.await("Subject: [lvs1] 2 changes: 1 quorum lost, 1 real server down", "192.168.25.31:80 of web: real server down: tcp_check: connection refused",
		"web: DOWN, below its quorum (live weight 1, quorum 2)")

	first.Start()
	post.await("Subject: [lvs1] 2 changes: 1 quorum gained, 1 real server up", "web: up (live weight 2, quorum 2)")
	d.Run("ipvsadm", "-d", "-t", web, "-r", "192.168.25.31:80")
	post.await("Subject: [lvs1] web: service repaired")
	hook.await(t, "service_repaired")
}

// With a full state directory and a FIFO that nobody reads, a director serves;
// status says what is the matter until it is mended.
func TestFullDiskAndStuckReader(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	if err := os.MkdirAll(d.StateDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", d.StateDir(), "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(d.StateDir(), unix.MNT_DETACH) })
	filler := filepath.Join(d.StateDir(), "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the file system takes a megabyte: %v", err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	d.Direct(s.File(fmt.Sprintf("global { notify_fifo = %q }\nipvs { resync = \"1s\" }\n", fifo) + service))
	d.AwaitTable(soon, serviceTable)
	await := func(want bool, words ...string) {
		t.Helper()
		nettest.Eventually(t, soon, fmt.Sprintf("status with %q: %t", words, want), func() error {
			out, _ := d.Ldirector("status")
			for _, word := range words {
				if strings.Contains(out, word) != want {
					return fmt.Errorf("status:\n%s", out)
				}
			}
			return nil
		})
	}
	d.Ldirector("drain", "web", "192.168.25.31:80")                                                          // it says that it cannot remember it
	d.AwaitTable(soon, "-A -t 192.168.25.100:80 -s rr\n-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w 1") // it had no connections
	problems := []string{"A CRASH WOULD LEAVE SERVICES BEHIND", "A RESTART WOULD FORGET COMMANDS", "FIFO " + fifo + " DOES NOT HEAR OF EVENTS"}
	await(true, problems...)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	await(false, problems...)
}
