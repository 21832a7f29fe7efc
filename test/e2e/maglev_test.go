package e2e

import (
	"fmt"
	"maps"
	"testing"

	"github.com/ldirector/ldirector/test/lab"
)

// Under Maglev hashing only the clients of a failed server move, and they come
// back to it. Two directors choose alike.
func TestMaglev(t *testing.T) {
	const other = "192.168.25.101" // the second director's
	s := newSite(t)
	var servers []*lab.Server
	for _, n := range []int{31, 32, 33} {
		_, server := s.backend(n, vip, other)
		servers = append(servers, server)
	}
	config := func(address string) string {
		return s.File(`
virtual_server "web" {
  address    = "` + address + `:80"
  lb_algo    = "mh"
  lb_kind    = "DR"
  delay_loop = "1s"
  tcp_check {
    connect_timeout = "2s"
    retry           = 0
  }
  real_servers = ["192.168.25.31:80", "192.168.25.32:80 weight 2", "192.168.25.33:80"]
}`)
	}
	table := func(address string, weight int) string {
		return fmt.Sprintf(`
			-A -t %[1]s:80 -s mh -b mh-fallback
			-a -t %[1]s:80 -r 192.168.25.31:80 -g -w 1
			-a -t %[1]s:80 -r 192.168.25.32:80 -g -w %[2]d
			-a -t %[1]s:80 -r 192.168.25.33:80 -g -w 1`, address, weight)
	}
	d1 := s.lonely()
	d2 := s.Host("d2", s.lan, "192.168.25.12/24", other+"/24")
	d1.Direct(config(vip))
	d2.Direct(config(other))

	var sources []string
	script := "set -e\n"
	for n := range 24 {
		sources = append(sources, fmt.Sprintf("192.168.25.%d:0", 200+n))
		script += fmt.Sprintf("ip address add 192.168.25.%d/24 dev eth0\n", 200+n)
	}
	s.client.Run("sh", "-c", script)
	choices := func(address string) map[string]string {
		chosen := make(map[string]string)
		for _, source := range sources {
			name, err := s.client.AskFrom(source, "tcp", address+":80")
			if err != nil {
				t.Errorf("%s from %s: %v", address, source, err)
			}
			chosen[source] = name
		}
		return chosen
	}
	d1.AwaitTable(soon, table(vip, 2))
	d2.AwaitTable(soon, table(other, 2))
	before := choices(vip)
	if also := choices(other); !maps.Equal(before, also) {
		t.Errorf("one director chooses\n%v\nthe other one\n%v", before, also)
	}

	servers[1].Die()
	d1.AwaitTable(soon, table(vip, 0))
	d2.AwaitTable(soon, table(other, 0))
	moved := 0
	during := choices(vip)
	for source, server := range before {
		switch now := during[source]; {
		case server == "r32" && now != "r32":
			moved++
		case now != server:
			t.Errorf("%s moved from %s to %s, though it is r32 that died", source, server, now)
		}
	}
	if moved == 0 || moved == len(sources) {
		t.Errorf("%d of %d clients were r32's: %v", moved, len(sources), before)
	}
	if also := choices(other); !maps.Equal(during, also) {
		t.Errorf("without r32 one director chooses\n%v\nthe other one\n%v", during, also)
	}

	servers[1].Start()
	d1.AwaitTable(soon, table(vip, 2))
	if after := choices(vip); !maps.Equal(before, after) {
		t.Errorf("before r32 died\n%v\nafter it came back\n%v", before, after)
	}
}
