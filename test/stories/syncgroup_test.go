package stories

import (
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// Two routers, a server on the inside and the client on the outside: whichever link
// is lost, both addresses move, so that the way there and the way back are the same.
func TestSyncGroup(t *testing.T) {
	p := newPair(t)
	lan := p.LAN("inside")
	ports := make(map[*node]*nettest.Port)
	for i, d := range []*node{p.d1, p.d2} {
		ports[d] = d.Plug(lan, "eth1", []string{"10.0.0.11/24", "10.0.0.12/24"}[i])
		d.Forward()
	}
	inside := p.Host("inside", lan, "10.0.0.31/24")
	inside.Run("ip", "route", "add", "default", "via", "10.0.0.100")
	inside.Serve(":80", "inside")
	p.client.Run("ip", "route", "add", "10.0.0.0/24", "via", vip)
	p.start("sync-group.hcl")

	through := func(from *lab.Host) (string, error) { return from.Ask("tcp", "10.0.0.31:80") }
	client := p.follow(through)
	client.awaitServed("inside")
	lan.Unplug(ports[p.d1])
	p.await("FAULT", "MASTER")
	client.awaitServed("inside")
	lan.Restore(ports[p.d1])
	p.await("MASTER", "BACKUP")
	client.awaitServed("inside")

	p.d1.Run("ip", "link", "set", "dev", "eth0", "down")
	p.await("FAULT", "MASTER")
	client.awaitServed("inside")
	p.d1.Run("ip", "link", "set", "dev", "eth0", "up")
	p.await("MASTER", "BACKUP")
	client.awaitServed("inside")
	client.close("inside")
}
