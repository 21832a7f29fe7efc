package main

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"time"
)

// routers is the configuration of virtual routers, one address each, as one of
// two directors has it.
type routers struct {
	count int // up to 255
	speed
	priority int
	track    string // elements of track_check, for ours
}

// A speed is a version with an interval between advertisements.
type speed struct {
	version  int
	interval time.Duration
}

func (s speed) String() string { return fmt.Sprintf("v%d %v", s.version, s.interval) }

// virtualAddress is the address of virtual router i, from 0 on.
func virtualAddress(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 99, 1, byte(i + 1)}), 16)
}

// hcl is the configuration in our language.
func (r routers) hcl() string {
	var b strings.Builder
	for i := range r.count {
		fmt.Fprintf(&b, `vrrp_instance "VI_%d" {
  interface         = "eth0"
  virtual_router_id = %d
  priority          = %d
  version           = %d
  advert_int        = %q
  virtual_ipaddress = [%q]
  track_check       = [%s]
}
`, i+1, i+1, r.priority, r.version, r.interval, virtualAddress(i), r.track)
	}
	return b.String()
}

// keepalived is the same for keepalived.
func (r routers) keepalived() string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n  router_id bench\n  vrrp_version %d\n}\n", r.version)
	for i := range r.count {
		fmt.Fprintf(&b, `vrrp_instance VI_%d {
  state BACKUP
  interface eth0
  virtual_router_id %d
  priority %d
  advert_int %g
  virtual_ipaddress {
    %s dev eth0
  }
}
`, i+1, i+1, r.priority, r.interval.Seconds(), virtualAddress(i))
	}
	return b.String()
}

// An implementation is a program that speaks VRRP.
type implementation struct {
	name    string
	program string
	config  func(routers) string
	args    func(config, dir string) []string // dir is for the program's own files
}

// implementations are ours and keepalived.
func (b *bench) implementations() (ours, keepalived implementation) {
	ours = implementation{name: "ldirector", program: b.program, config: routers.hcl, args: func(config, dir string) []string {
		return []string{"run", "-c", config, "--state-dir", dir}
	}}
	keepalived = implementation{name: "keepalived", program: "keepalived", config: routers.keepalived, args: func(config, dir string) []string {
		return []string{"-n", "-l", "-D", "-P", "-f", config, "-p", filepath.Join(dir, "pid"), "--vrrp_pid", filepath.Join(dir, "vrrp.pid")}
	}}
	return ours, keepalived
}
