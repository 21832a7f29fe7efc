package stories

import "testing"

// A client that never learns another MAC address is served by whoever is master.
func TestVirtualMAC(t *testing.T) {
	p := newPair(t)
	for _, d := range []*node{p.d1, p.d2} {
		d.Serve(":80", d.name)
	}
	p.client.Run("ip", "neigh", "replace", vip, "lladdr", "00:00:5e:00:01:33", "nud", "permanent", "dev", "eth0")
	p.start("virtual-mac.hcl", "advert_int=1s")

	client := p.follow(ask)
	client.awaitServed("d1")
	if err := p.d1.daemon.Stop(soon); err != nil {
		t.Errorf("stop: %v", err)
	}
	p.d2.await("MASTER")
	client.awaitServed("d2")
	p.d1.daemon = p.d1.run()
	p.await("MASTER", "BACKUP")
	client.awaitServed("d1")
	if fails := client.close("d1 d2 d1"); fails > 2 { // one may be under way each time
		t.Errorf("%d failures", fails)
	}

	client = p.follow(ask)
	client.awaitServed("d1")
	p.d1.Vanish()
	p.d2.await("MASTER")
	client.awaitServed("d2")
	p.d1.Return()
	p.await("MASTER", "BACKUP")
	client.awaitServed("d1")
}
