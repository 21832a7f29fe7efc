package vrrp

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// ours is the built program on a node.
type ours struct {
	speaks   *setup // in place of the site's
	instance string // further lines of every vrrp_instance
	more     string // further lines of the configuration

	process *nettest.Process
	file    string // the configuration
}

func (o *ours) start(n *node) {
	n.site.t.Helper()
	o.file = n.site.File(o.config(n))
	o.process = n.Direct(o.file)
}

func (o *ours) stop(n *node) {
	n.site.t.Helper()
	if err := o.process.Stop(soon); err != nil {
		n.site.t.Errorf("stop %s: %v", n.name, err)
	}
}

// crash leaves nobody to clear up.
func (o *ours) crash(n *node) {
	n.site.t.Helper()
	guardian := n.guardian()
	n.kill(o.process.Pid()) // first, or it starts another guardian
	<-o.process.Done()
	n.kill(guardian)
}

func (o *ours) holds(n *node, lan int) (bool, error) {
	return hasAddress(n.Host, n.site.vip(lan))
}

// config is the configuration of a node.
func (o *ours) config(n *node) string {
	s := n.site.setup
	if o.speaks != nil {
		s = *o.speaks
	}
	var b strings.Builder
	var names []string
	for lan := 1; lan <= s.instances(); lan++ {
		name := fmt.Sprint("VI_", lan)
		names = append(names, name)
		fmt.Fprintf(&b, "vrrp_instance %q {\n interface = \"eth%d\"\n virtual_router_id = %d\n priority = %d\n version = %d\n advert_int = %q\n virtual_ipaddress = %s\n",
			name, lan-1, 50+lan, n.priority, s.version, s.interval, list(s.vips(lan)))
		if s.password != "" {
			fmt.Fprintf(&b, " authentication {\n  auth_type = \"PASS\"\n  auth_pass = %q\n }\n", s.password)
		}
		if s.unicast {
			fmt.Fprintf(&b, " unicast_src_ip = %q\n unicast_peer = %s\n", s.address(lan, n.number), list(n.peers(lan)))
		}
		if s.vmac {
			b.WriteString(" use_vmac = true\n")
		}
		b.WriteString(o.instance + "\n}\n")
	}
	if len(names) > 1 {
		fmt.Fprintf(&b, "vrrp_sync_group \"SG\" { group = %s }\n", list(names))
	}
	b.WriteString(o.more)
	return b.String()
}

// list is a list of strings in a configuration.
func list(all []string) string {
	return strings.ReplaceAll(fmt.Sprintf("%q", all), `" "`, `", "`)
}

// hasAddress reports whether a host has the address on one of its interfaces.
func hasAddress(h *lab.Host, addr string) (has bool, err error) {
	err = h.Do(func() error {
		list, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
		want := netip.MustParseAddr(addr)
		has = slices.ContainsFunc(list, func(a netlink.Addr) bool {
			got, _ := netip.AddrFromSlice(a.IP)
			return got.Unmap() == want
		})
		return err
	})
	return has, err
}

// guardian returns the process id of the node's VRRP process.
func (n *node) guardian() int {
	n.site.t.Helper()
	for field := range strings.FieldsSeq(n.Run("ip", "netns", "pids", n.Name())) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			continue
		}
		cmdline, _ := os.ReadFile(filepath.Join("/proc", field, "cmdline")) // it may have ended
		if strings.HasPrefix(string(cmdline), "ldirector\x00guardian\x00") {
			return pid
		}
	}
	n.site.t.Fatalf("%s has no VRRP process", n.name)
	return 0
}

// runs reports whether a process runs on the node.
func (n *node) runs(pid int) bool {
	return slices.Contains(strings.Fields(n.Run("ip", "netns", "pids", n.Name())), strconv.Itoa(pid))
}

// kill sends SIGKILL to a process.
func (n *node) kill(pid int) {
	n.site.t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		n.site.t.Fatalf("kill %d on %s: %v", pid, n.name, err)
	}
}

// status asks the daemon of a node.
func (n *node) status() (api.Status, error) {
	return api.NewClient(filepath.Join(n.StateDir(), "ldirector.sock")).Status(n.site.t.Context())
}

// instance is the first virtual router of a node.
func (n *node) instance() (api.VRRPInstance, error) {
	st, err := n.status()
	if err == nil && len(st.VRRPInstances) == 0 {
		err = errors.New("no vrrp_instance: " + st.VRRPError)
	}
	if err != nil {
		return api.VRRPInstance{}, err
	}
	return st.VRRPInstances[0], nil
}

// await waits until the first virtual router of a node is as it should be.
func (n *node) await(what string, is func(v api.VRRPInstance) bool) {
	n.site.t.Helper()
	nettest.Eventually(n.site.t, soon, n.name+": "+what, func() error {
		v, err := n.instance()
		if err == nil && !is(v) {
			err = fmt.Errorf("it is %+v", v)
		}
		return err
	})
}

// awaitState waits for a state of the first virtual router.
func (n *node) awaitState(state string) {
	n.site.t.Helper()
	n.await("is "+state, func(v api.VRRPInstance) bool { return v.State == state })
}

// reload makes the node's daemon read another configuration in place of the one it has.
func (n *node) reload(config string) {
	n.site.t.Helper()
	write(n.site.t, n.daemon.(*ours).file, config)
	if out, code := n.Ldirector("reload"); code != 0 {
		n.site.t.Fatalf("reload: %s", out)
	}
}

// newPair is a site of two nodes of ours that speak version 3, after its first election: the first one is master.
func newPair(t *testing.T, interval time.Duration, first, second *ours) (s *site, preferred, other *node) {
	t.Helper()
	t.Parallel()
	return elected(t, setup{version: 3, interval: interval}, first, second)
}

// elected is newPair with anything that routers may have in common.
func elected(t *testing.T, cfg setup, first, second *ours) (s *site, preferred, other *node) {
	t.Helper()
	nettest.Require(t, nettest.NetNS)
	s = newSite(t, cfg, first, second)
	preferred, other = s.pair()
	preferred.start()
	preferred.awaitMaster(nil)
	other.start()
	other.await("hears the master", func(v api.VRRPInstance) bool { return v.State == "BACKUP" && v.Counters.AdvertsReceived > 0 })
	return s, preferred, other
}

// newNode is a site of one node, whose daemon is not started.
func newNode(t *testing.T, o *ours) *node {
	t.Helper()
	t.Parallel()
	nettest.Require(t, nettest.NetNS)
	return newSite(t, setup{version: 3, interval: tempo}, o).nodes[0]
}

// write changes a file.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
