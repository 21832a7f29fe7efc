package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

const drTable = `
-A -t 192.168.25.100:80 -s wrr
-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w 1
-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w 2`

// A DR pair: spread by weight, a server that dies and returns, a master that is
// killed, returns, vanishes from the network, returns, and is stopped.
func TestDRPair(t *testing.T) {
	s := newSite(t)
	example := s.Example("dr-pair.hcl")
	_, second := s.webServers(example)
	d1, d2 := s.director(1), s.director(2)
	master := d1.Direct(example)
	d2.Direct(example, "--var", "priority=90")

	d1.AwaitAddress(soon, vip, true)
	d1.AwaitTable(soon, drTable)
	d2.AwaitTable(soon, drTable)
	expect(t, s.client.Spread("tcp", web, 30), "r31:10 r32:20")

	second.Die()
	d1.AwaitTable(soon, `
		-A -t 192.168.25.100:80 -s wrr
		-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w 1`)
	expect(t, s.client.Spread("tcp", web, 6), "r31:6")
	second.Start()
	d1.AwaitTable(soon, drTable)

	watch := s.client.Watch(web, quick)
	crash(t, master)
	d2.AwaitAddress(soon, vip, true)
	s.client.AwaitAnswer(soon, "tcp", web)
	gap, answered, failed := watch.Stop()
	t.Logf("SIGKILL of the master: longest gap %v, %d answers, %d failures", gap, answered, failed)

	master = d1.Direct(example)
	awaitVRRP(t, d1, "MASTER", "192.168.25.11")
	d2.AwaitAddress(soon, vip, false)
	d1.AwaitTable(soon, drTable)
	s.client.AwaitAnswer(soon, "tcp", web)

	d1.Vanish()
	d2.AwaitAddress(soon, vip, true)
	expect(t, s.client.Spread("tcp", web, 30), "r31:10 r32:20") // only the new master can answer
	d1.Return()
	d2.AwaitAddress(soon, vip, false)
	s.client.AwaitAnswer(soon, "tcp", web)

	stop(t, master)
	if got := d1.Table(); got != "" || d1.HasAddress(vip) {
		t.Errorf("the stopped director left something:\n%s", got)
	}
	d2.AwaitAddress(soon, vip, true)
	expect(t, s.client.Spread("tcp", web, 30), "r31:10 r32:20")
}

// NAT with port mapping: the protocols' bytes pass; a dead database leaves the
// connections to the others alone.
func TestNATPortMapping(t *testing.T) {
	s := newSite(t)
	example := s.Example("nat-port-mapping.hcl")
	inside := s.LAN("inside")
	d := s.director(1)
	d.Plug(inside, "eth1", "192.168.26.11/24")
	d.Forward()
	databases := map[string]*lab.Server{}
	for _, n := range []string{"31", "32", "33"} {
		h := s.Host("r"+n, inside, "192.168.26."+n+"/24")
		h.Run("ip", "route", "add", "default", "via", "192.168.26.1")
		h.Serve(":22", "SSH-2.0-r"+n)
		databases["mysql-r"+n] = h.Serve(":3306", "mysql-r"+n)
	}
	d.Direct(example)
	d.AwaitAddress(soon, vip, true)
	const ssh = `
		-A -t 192.168.25.100:1122 -s rr
		-a -t 192.168.25.100:1122 -r 192.168.26.31:22 -m -w 1
		-a -t 192.168.25.100:1122 -r 192.168.26.32:22 -m -w 1
		-A -t 192.168.25.100:3306 -s lc
		-a -t 192.168.25.100:3306 -r 192.168.26.31:3306 -m -w 1
		-a -t 192.168.25.100:3306 -r 192.168.26.32:3306 -m -w 1`
	const all = ssh + "\n-a -t 192.168.25.100:3306 -r 192.168.26.33:3306 -m -w 1"
	d.AwaitTable(soon, all)
	expect(t, s.client.Spread("tcp", vip+":1122", 10), "SSH-2.0-r31:5 SSH-2.0-r32:5")

	var transfers []*lab.Transfer
	for range 6 {
		transfers = append(transfers, s.client.Transfer(vip+":3306"))
	}
	const dead = "mysql-r33"
	databases[dead].Die()
	d.AwaitTable(soon, ssh)
	for _, transfer := range transfers {
		err := transfer.Continue()
		if broken := err != nil; broken != (transfer.Server == dead) {
			t.Errorf("a connection to %s: %v", transfer.Server, err)
		}
	}
	databases[dead].Start()
	d.AwaitTable(soon, all)
}

// TUN: the back-ends are in other networks, behind a router.
func TestTunnel(t *testing.T) {
	s := newSite(t)
	example := s.Example("tunnel.hcl")
	router := s.Host("router", s.lan, "192.168.25.1/24")
	router.Forward()
	var last *lab.Server
	for i, backend := range []struct{ net, addr string }{{"192.168.40", "192.168.40.31"}, {"192.168.41", "192.168.41.32"}} {
		name := []string{"r31", "r32"}[i]
		far := s.LAN(name)
		router.Plug(far, []string{"eth1", "eth2"}[i], backend.net+".1/24")
		h := s.Host(name, far, backend.addr+"/24")
		h.Run("ip", "route", "add", "default", "via", backend.net+".1")
		h.Prepare("-c", example, "--for", backend.addr)
		last = h.Serve(":80", name)
	}
	d := s.director(1)
	d.Run("ip", "route", "add", "default", "via", "192.168.25.1")
	d.Direct(example)
	d.AwaitAddress(soon, vip, true)
	const one = `
		-A -t 192.168.25.100:80 -s rr
		-a -t 192.168.25.100:80 -r 192.168.40.31:80 -i -w 1 --tun-type ipip`
	const both = one + "\n-a -t 192.168.25.100:80 -r 192.168.41.32:80 -i -w 1 --tun-type ipip"
	d.AwaitTable(soon, both)
	expect(t, s.client.Spread("tcp", web, 10), "r31:5 r32:5")
	last.Die()
	d.AwaitTable(soon, one)
	expect(t, s.client.Spread("tcp", web, 4), "r31:4")
	last.Start()
	d.AwaitTable(soon, both)
}

// Master/master: each director has one address, the survivor has both.
func TestMasterMaster(t *testing.T) {
	s := newSite(t)
	example := s.Example("master-master.hcl")
	s.webServers(example, "--var", "node=1")
	d1, d2 := s.director(1), s.director(2)
	d1.Direct(example, "--var", "node=1")
	dying := d2.Direct(example, "--var", "node=2")
	const www1, www2 = vip, "192.168.25.101"
	d1.AwaitAddress(soon, www1, true)
	d2.AwaitAddress(soon, www2, true)
	if d1.HasAddress(www2) || d2.HasAddress(www1) {
		t.Error("an address is on both directors")
	}
	for _, address := range []string{www1, www2} {
		s.client.AwaitAnswer(soon, "tcp", address+":80")
	}
	d2.Vanish()
	crash(t, dying)
	d1.AwaitAddress(soon, www2, true)
	for _, address := range []string{www1, www2} {
		s.client.AwaitAnswer(soon, "tcp", address+":80")
	}
}

// Without preemption the returning node stays backup until the other fails.
func TestNopreempt(t *testing.T) {
	s := newSite(t)
	example := s.Example("nopreempt.hcl")
	s.webServers(example)
	d1, d2 := s.director(1), s.director(2)
	first := d1.Direct(example)
	second := d2.Direct(example, "--var", "priority=90")
	awaitVRRP(t, d1, "MASTER", "192.168.25.11")
	awaitVRRP(t, d2, "BACKUP", "192.168.25.11")

	stop(t, first)
	awaitVRRP(t, d2, "MASTER", "192.168.25.12")
	d1.Direct(example)
	awaitVRRP(t, d1, "BACKUP", "192.168.25.12") // a lower priority that it accepts
	s.client.AwaitAnswer(soon, "tcp", web)

	stop(t, second)
	awaitVRRP(t, d1, "MASTER", "192.168.25.11")
	s.client.AwaitAnswer(soon, "tcp", web)
}

func TestIPv6DR(t *testing.T) {
	s := newSite(t)
	example := s.Example("ipv6-dr.hcl")
	d := s.Host("d6", s.lan, "2001:db8:25::11/64")
	d.Run("ip", "address", "add", "2001:db8:25::100/128", "dev", "eth0", "preferred_lft", "0")
	servers := map[string]*lab.Server{}
	for _, n := range []string{"31", "32"} {
		h := s.Host("r"+n, s.lan, "2001:db8:25::"+n+"/64")
		h.Prepare("-c", example, "--for", "2001:db8:25::"+n)
		servers[n] = h.Serve("[::]:80", "r"+n)
	}
	d.Direct(example)
	const one = `
		-A -t [2001:db8:25::100]:80 -s wrr
		-a -t [2001:db8:25::100]:80 -r [2001:db8:25::31]:80 -g -w 1`
	const both = one + "\n-a -t [2001:db8:25::100]:80 -r [2001:db8:25::32]:80 -g -w 2"
	d.AwaitTable(soon, both)
	expect(t, s.client.Spread("tcp", "[2001:db8:25::100]:80", 12), "r31:4 r32:8")
	servers["32"].Die()
	d.AwaitTable(soon, one)
	expect(t, s.client.Spread("tcp", "[2001:db8:25::100]:80", 4), "r31:4")
	servers["32"].Start()
	d.AwaitTable(soon, both)
}

// A directory of files: services that share a pool, and a file that comes later.
func TestDirectory(t *testing.T) {
	s := newSite(t)
	config := t.TempDir()
	if err := os.CopyFS(config, os.DirFS(s.Example("directory"))); err != nil {
		t.Fatal(err)
	}
	dns := filepath.Join(config, "40-dns.hcl")
	later, err := os.ReadFile(dns)
	if err != nil {
		t.Fatal(err)
	}
	servers := make(map[int]*lab.Server)
	for _, n := range []int{31, 32} {
		h, server := s.backend(n, "-c", config)
		h.Serve(":443", server.Name())
		h.ServeUDP(":53", server.Name())
		servers[n] = server
	}
	if err := os.Remove(dns); err != nil {
		t.Fatal(err)
	}
	d := s.director(1)
	d.Direct(config)
	table := func(services ...string) (text string) {
		for _, service := range services {
			key, _, _ := strings.Cut(service, " -s")
			_, port, _ := strings.Cut(key, "100:")
			text += fmt.Sprintf("-A %s\n-a %s -r 192.168.25.31:%s -g -w 1\n-a %[2]s -r 192.168.25.32:%[3]s -g -w 2\n", service, key, port)
		}
		return text
	}
	webServices := []string{"-t 192.168.25.100:80 -s wrr", "-t 192.168.25.100:443 -s wlc -p 300"}
	d.AwaitTable(soon, table(webServices...))
	awaitVRRP(t, d, "MASTER", "192.168.25.11")
	expect(t, s.client.Spread("tcp", web, 6), "r31:2 r32:4")

	rewrite(t, dns, string(later))
	contains(t, "the answer to reload", reload(t, d), `+ virtual_server "dns" { # UDP 192.168.25.100:53`)
	d.AwaitTable(0, table(append(webServices, "-t 192.168.25.100:53 -s rr", "-u 192.168.25.100:53 -s rr")...))
	expect(t, s.client.Spread("udp", vip+":53", 4), "r31:2 r32:2")

	servers[31].Die() // one probe takes it out of everything
	nettest.Eventually(t, soon, "r31 is out", func() error {
		if table := d.Table(); strings.Contains(table, "192.168.25.31") {
			return errors.New(table)
		}
		return nil
	})
}
