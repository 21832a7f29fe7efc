package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/config"
)

func TestNeedsOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.hcl")
	text := `
vrrp_instance "VI_1" {
  interface                  = "eth0"
  virtual_router_id          = 51
  use_vmac                   = true
  virtual_ipaddress          = ["192.0.2.100/24"]
  virtual_ipaddress_excluded = ["192.0.2.101/24 dev eth1"]
}
ipvs { sysctl = { conntrack = 1 } }
virtual_server "web" {
  address             = "192.0.2.100:80"
  lb_algo             = "mh"
  lb_kind             = "DR"
  persistence_timeout = "50s"
  delay_loop          = "6s"
  tcp_check {
    connect_timeout = "2s"
    via             = "vip"
  }
  real_server "192.0.2.31:80" { inhibit_on_failure = true }
}
virtual_server "dns" {
  address  = "192.0.2.101:53"
  protocol = "UDP"
  lb_algo  = "rr"
  lb_kind  = "NAT"
  ops      = true
  tcp_check {}
  real_server "192.0.2.32:53" {}
}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load(file, nil, nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	n := NeedsOf(cfg, Director)
	got := fmt.Sprintln(n.Virtual, n.VMAC, n.Marks, n.Paths, n.Sysctls, len(n.Routers), len(n.Probes), n.realServers())
	for _, s := range n.Services {
		got += fmt.Sprintln(s.Name, s.Keys, s.Scheduler, s.Persistent, s.OnePacket, s.RealServers[0].Addr, s.RealServers[0].Forward, s.RealServers[0].Inhibit)
	}
	for _, m := range n.modules() {
		got += m.name + " "
	}
	want := `map[192.0.2.100:eth0 192.0.2.101:eth1] true false [192.0.2.31] map[conntrack:1] 1 2 [192.0.2.31 192.0.2.32]
web [TCP 192.0.2.100:80] mh true false 192.0.2.31:80 DR true
dns [UDP 192.0.2.101:53] rr false true 192.0.2.32:53 NAT false
ip_vs ip_vs_mh ip_vs_rr macvlan `
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
}
