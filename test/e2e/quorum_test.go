package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// script is a program that writes down its arguments.
func script(t *testing.T) (path string, heard func() []string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "notify")
	file := filepath.Join(dir, "heard")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho \"$*\" >>"+file+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, func() []string {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		return lines[:len(lines)-1]
	}
}

// The quorum is lost and gained with hysteresis, the sorry server stands in
// meanwhile, and the scripts hear of everything when it happens, to the very end.
func TestQuorum(t *testing.T) {
	s := newSite(t)
	example := s.Example("sorry-server.hcl")
	servers := make(map[string]*lab.Server)
	for _, n := range []int{31, 32, 33} {
		_, server := s.backend(n, vip)
		servers[server.Name()] = server
	}
	d := s.lonely()
	d.Serve(":8080", "sorry")
	path, heard := script(t)
	said := 0
	// The scripts of different objects run at the same time.
	hears := func(when string, want ...string) {
		t.Helper()
		nettest.Eventually(t, soon, when, func() error {
			news := heard()[said:]
			slices.Sort(news)
			if !slices.Equal(news, want) {
				return fmt.Errorf("the script heard %q, want %q", news, want)
			}
			return nil
		})
		said += len(want)
	}
	p := d.Direct(example, "--var", "notify="+path)
	table := func(sorry int, alive ...string) {
		t.Helper()
		text := fmt.Sprintf(`
			-A -t 192.168.25.100:80 -s rr
			-a -t 192.168.25.100:80 -r 192.168.25.11:8080 -m -w %d`, sorry)
		for _, name := range alive {
			text += "\n-a -t 192.168.25.100:80 -r 192.168.25." + name[1:] + ":80 -g -w 1"
		}
		d.AwaitTable(soon, text)
	}
	table(0, "r31", "r32", "r33")
	hears("the start", "quorum-up", "up r31", "up r32", "up r33")
	expect(t, s.client.Spread("tcp", web, 3), "r31:1 r32:1 r33:1")

	for _, name := range []string{"r31", "r32", "r33"} {
		servers[name].Die()
		if name == "r33" { // the last
			hears(name+" died", "down "+name, "quorum-down")
		} else {
			hears(name+" died", "down "+name)
		}
	}
	table(1)
	expect(t, s.client.Spread("tcp", web, 3), "sorry:3")
	if vs := status(t, d).VirtualServers[0]; vs.QuorumUp || !vs.SorryActive || vs.LiveWeight != 0 || vs.Quorum != 2 || vs.Hysteresis != 1 {
		t.Errorf("status: %+v", vs)
	}

	for _, name := range []string{"r31", "r32", "r33"} {
		if name == "r33" {
			table(1)
			expect(t, s.client.Spread("tcp", web, 3), "sorry:3") // two are not enough to come back
		}
		servers[name].Start()
		if name == "r33" {
			hears(name+" returned", "quorum-up", "up "+name)
		} else {
			hears(name+" returned", "up "+name)
		}
	}
	table(0, "r31", "r32", "r33")
	expect(t, s.client.Spread("tcp", web, 3), "r31:1 r32:1 r33:1")

	stop(t, p)
	hears("the stop", "down r31", "down r32", "down r33", "quorum-down")
}

// A virtual server whose address is elsewhere is not probed; when the address
// comes it is.
func TestHASuspend(t *testing.T) {
	s := newSite(t)
	_, server := s.backend(31, vip)
	d := s.director(1)
	d.Direct(s.File(`
virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "1s"
  ha_suspend = true
  tcp_check { connect_timeout = "2s" }
  real_server "192.168.25.31:80" {}
}
virtual_server "other" {
  address    = "192.168.25.101:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "1s"
  tcp_check {
    connect_timeout = "2s"
    connect_port    = 81
    retry           = 0
  }
  real_server "192.168.25.31:80" {}
}`))
	nettest.Eventually(t, soon, "the other service is probed", func() error {
		if rs := status(t, d).VirtualServers[1].RealServers[0]; rs.State != "down" {
			return fmt.Errorf("it is %s", rs.State)
		}
		return nil
	})
	if vs := status(t, d).VirtualServers[0]; !vs.Suspended || vs.RealServers[0].State != "unknown" {
		t.Errorf("without the address: %+v", vs)
	}
	if n := server.Accepted(); n != 0 {
		t.Errorf("probed %d times without the address", n)
	}
	d.Run("ip", "address", "add", vip+"/24", "dev", "eth0")
	s.client.AwaitAnswer(soon, "tcp", web)
	if vs := status(t, d).VirtualServers[0]; vs.Suspended || vs.RealServers[0].State != "up" {
		t.Errorf("with the address: %+v", vs)
	}
	d.Run("ip", "address", "del", vip+"/24", "dev", "eth0")
	nettest.Eventually(t, soon, "suspended again", func() error {
		if !status(t, d).VirtualServers[0].Suspended {
			return errors.New("it is not")
		}
		return nil
	})
}

// A server that recovers is given its weight step by step.
func TestSlowStart(t *testing.T) {
	s := newSite(t)
	_, server := s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	d.Direct(s.File(`
virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "wrr"
  lb_kind    = "DR"
  delay_loop = "1s"
  slow_start = "15s"
  weight     = 100
  tcp_check {
    connect_timeout = "2s"
    retry           = 0
  }
  real_servers = ["192.168.25.31:80", "192.168.25.32:80"]
}`))
	const table = `
		-A -t 192.168.25.100:80 -s wrr
		-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w 100
		-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w 100`
	d.AwaitTable(soon, table)
	server.Die()
	d.AwaitTable(soon, strings.ReplaceAll(table, "\n\t\t-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w 100", ""))
	server.Start()
	var weights []int
	nettest.Eventually(t, soon, "r31 has its whole weight", func() error {
		_, rest, there := strings.Cut(d.Table(), "192.168.25.31:80 -g -w ")
		if !there {
			return errors.New("it is not there")
		}
		weight, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			return err
		}
		if len(weights) == 0 || weights[len(weights)-1] != weight {
			weights = append(weights, weight)
		}
		if weight != 100 {
			return fmt.Errorf("its weights were %d", weights)
		}
		return nil
	})
	if len(weights) < 4 || !slices.IsSorted(weights) {
		t.Errorf("the weight did not rise in steps: %d", weights)
	}
	d.AwaitTable(soon, table)
}
