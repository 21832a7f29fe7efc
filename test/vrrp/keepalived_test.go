package vrrp

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/ldirector/ldirector/internal/nettest"
)

// keepalived is the real one on a node.
type keepalived struct {
	noPreempt bool

	process *nettest.Process
	child   int // the process id of the one for VRRP
}

func (k *keepalived) start(n *node) {
	t := n.site.t
	t.Helper()
	dir := t.TempDir()
	pidFile := filepath.Join(dir, "vrrp.pid")
	config := filepath.Join(dir, "keepalived.conf")
	if err := os.WriteFile(config, []byte(k.config(n)), 0o600); err != nil {
		t.Fatal(err)
	}
	k.process = n.Start(n.Command("keepalived",
		"-P", "-n", "-l", "-D", "-f", config, "-p", filepath.Join(dir, "keepalived.pid"), "-r", pidFile))
	nettest.Eventually(t, soon, "keepalived runs", func() error {
		text, err := os.ReadFile(pidFile)
		if err == nil {
			k.child, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err
	})
}

func (k *keepalived) config(n *node) string {
	s := n.site
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n router_id test\n vrrp_version %d\n}\n", s.version)
	for lan := 1; lan <= s.instances(); lan++ {
		fmt.Fprintf(&b, "vrrp_instance VI_%d {\n state BACKUP\n interface eth%d\n virtual_router_id %d\n priority %d\n advert_int %g\n",
			lan, lan-1, 50+lan, n.priority, s.interval.Seconds())
		if k.noPreempt {
			b.WriteString(" nopreempt\n")
		}
		if s.password != "" {
			fmt.Fprintf(&b, " authentication {\n auth_type PASS\n auth_pass %s\n }\n", s.password)
		}
		if s.unicast {
			fmt.Fprintf(&b, " unicast_src_ip %s\n unicast_peer {\n %s\n }\n",
				s.address(lan, n.number), strings.Join(n.peers(lan), "\n"))
		}
		if s.vmac {
			b.WriteString(" use_vmac\n")
		}
		fmt.Fprintf(&b, " virtual_ipaddress {\n %s\n }\n}\n", strings.Join(s.vips(lan), "\n"))
	}
	if s.instances() > 1 {
		b.WriteString("vrrp_sync_group SG {\n group {\n")
		for lan := range s.instances() {
			fmt.Fprintf(&b, " VI_%d\n", lan+1)
		}
		b.WriteString(" }\n}\n")
	}
	return b.String()
}

func (k *keepalived) stop(n *node) {
	n.site.t.Helper()
	if err := k.process.Stop(soon); err != nil {
		n.site.t.Errorf("stop keepalived: %v", err)
	}
}

// crash kills the child first: it would take the parent's death for a reason to stop gracefully.
func (k *keepalived) crash(n *node) {
	t := n.site.t
	t.Helper()
	if err := k.process.Signal(syscall.SIGSTOP); err != nil { // it starts no other child
		t.Fatal(err)
	}
	n.kill(k.child)
	k.process.Kill()
}

func (k *keepalived) holds(n *node, lan int) (bool, error) {
	return hasAddress(n.Host, n.site.vip(lan))
}
