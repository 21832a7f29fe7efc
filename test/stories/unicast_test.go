package stories

import (
	"fmt"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// A cloud is a router here, between the networks of the two hosts, whose routing
// table is what its API changes. Nothing but unicast gets from one to the other.
func TestUnicast(t *testing.T) {
	t.Parallel()
	nettest.Require(t, nettest.NetNS)
	p := &pair{Lab: lab.New(t), t: t}
	first, second := p.LAN("first"), p.LAN("second")
	cloud := p.Host("cloud", first, "10.0.1.1/24")
	cloud.Plug(second, "eth1", "10.0.2.1/24")
	cloud.Forward()
	p.client = cloud
	member := func(name string, lan *nettest.LAN, address, gateway string) *node {
		d := &node{Host: p.Host(name, lan, address+"/24"), t: t, name: name, dir: t.TempDir()}
		d.Run("ip", "route", "add", "default", "via", gateway)
		d.Serve(":80", name)
		d.write("move", fmt.Sprintf("#!/bin/sh\nexec ip -n %s route replace 10.0.3.100/32 via %s\n", cloud.Name(), address))
		return d
	}
	p.d1 = member("d1", first, "10.0.1.11", "10.0.1.1")
	p.d2 = member("d2", second, "10.0.2.12", "10.0.2.1")
	p.start("unicast.hcl", "move=DIR/move")

	client := p.follow(func(from *lab.Host) (string, error) { return from.Ask("tcp", "10.0.3.100:80") })
	client.awaitServed("d1")
	if err := p.d1.daemon.Stop(soon); err != nil {
		t.Errorf("stop: %v", err)
	}
	p.d2.await("MASTER")
	client.awaitServed("d2")
	p.d1.daemon = p.d1.run()
	p.await("MASTER", "BACKUP")
	client.awaitServed("d1")
	client.close("d1 d2 d1")
}
