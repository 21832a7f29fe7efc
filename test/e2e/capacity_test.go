package e2e

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// What docs/operations.md says of capacity: what the kernel needs for a
// connection, and what the sync daemon sends for one.
func TestCapacity(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	d := s.lonely()
	d.Run("nft", "table ip count { chain out { type filter hook output priority 0; udp dport 8848 counter; }; }")
	d.Direct(s.File(`
ipvs {
  sync_daemon { interface = "eth0" }
}
virtual_server "web" {
  address      = "192.168.25.100:80"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.168.25.31"]
}`))
	d.AwaitTable(soon, "-A -t 192.168.25.100:80 -s rr\n-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w 1")
	const connections = 500
	s.client.Spread("tcp", web, connections)
	sent := regexp.MustCompile(`bytes (\d+)`).FindStringSubmatch(d.Run("nft", "list", "table", "ip", "count"))
	if sent == nil {
		t.Fatal("no counter")
	}
	bytes, err := strconv.Atoi(sent[1])
	if err != nil || bytes < 60*connections || bytes > 80*connections {
		t.Errorf("%d bytes for %d connections (%v)", bytes, connections, err)
	}
	size, err := os.ReadFile("/sys/kernel/slab/ip_vs_conn/slab_size")
	if err != nil {
		t.Skipf("this kernel does not tell: %v", err)
	}
	if n, err := strconv.Atoi(string(size[:len(size)-1])); err != nil || n > 384 {
		t.Errorf("a connection takes %s bytes (%v)", size, err)
	}
}
