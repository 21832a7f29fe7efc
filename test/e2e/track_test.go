package e2e

import "testing"

// A director that sees no web server yields to one that does, though both hear each
// other all the time.
func TestTrackServices(t *testing.T) {
	s := newSite(t)
	example := s.Example("track-services.hcl")
	inside := s.LAN("inside")
	for _, n := range []string{"31", "32"} {
		h := s.Host("r"+n, inside, "192.168.26."+n+"/24")
		h.Run("ip", "route", "add", "default", "via", "192.168.26.1")
		h.Serve(":80", "r"+n)
	}
	const none = "-A -t 192.168.25.100:80 -s wrr"
	const both = none + `
		-a -t 192.168.25.100:80 -r 192.168.26.31:80 -m -w 1
		-a -t 192.168.25.100:80 -r 192.168.26.32:80 -m -w 1`
	d1, d2 := s.director(1), s.director(2)
	link := d1.Plug(inside, "eth1", "192.168.26.11/24")
	d2.Plug(inside, "eth1", "192.168.26.12/24")
	d1.Forward()
	d2.Forward()
	d1.Direct(example, "--var", "node=1")
	d2.Direct(example, "--var", "node=2")
	awaitVRRP(t, d1, "MASTER", "192.168.25.11")
	d1.AwaitTable(soon, both)
	d2.AwaitTable(soon, both)
	s.client.AwaitAnswer(soon, "tcp", web)
	expect(t, s.client.Spread("tcp", web, 10), "r31:5 r32:5")

	inside.Cut(link)
	d1.AwaitTable(soon, none)
	awaitVRRP(t, d2, "MASTER", "192.168.25.12")
	d1.AwaitAddress(soon, vip, false)
	s.client.AwaitAnswer(soon, "tcp", web)
	expect(t, s.client.Spread("tcp", web, 10), "r31:5 r32:5")

	inside.Restore(link)
	d1.AwaitTable(soon, both)
	awaitVRRP(t, d1, "MASTER", "192.168.25.11")
	d2.AwaitAddress(soon, vip, false)
	s.client.AwaitAnswer(soon, "tcp", web)
}
