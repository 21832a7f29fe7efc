package stories

import "testing"

// Without fail-back, who returns from a failure stays backup until the other one
// fails.
func TestNoFailBack(t *testing.T) {
	p := newPair(t)
	for _, d := range []*node{p.d1, p.d2} {
		d.Serve(":80", d.name)
		d.write("alive", "")
	}
	p.start("haproxy.hcl", "interval=300ms", "alive=test -e DIR/alive")

	client := p.follow(ask)
	client.awaitServed("d1")
	p.d1.remove("alive")
	p.await("FAULT", "MASTER")
	client.awaitServed("d2")
	p.d1.write("alive", "")
	p.await("BACKUP", "MASTER")
	p.d1.listens(5)
	p.await("BACKUP", "MASTER")
	client.awaitServed("d2")
	p.d2.remove("alive")
	p.await("MASTER", "FAULT")
	client.awaitServed("d1")
	if fails := client.close("d1 d2 d1"); fails > 2 { // one may be under way each time
		t.Errorf("%d failures", fails)
	}
}

// A host that is started again stays backup as well, until the address is moved by
// hand. One that was master where it was cut off ends as backup if it is not the
// better one.
func TestNoFailBackOfAHost(t *testing.T) {
	p := newPair(t)
	for _, d := range []*node{p.d1, p.d2} {
		d.Serve(":80", d.name)
	}
	p.start("haproxy.hcl", "alive=true")

	client := p.follow(ask)
	client.awaitServed("d1")
	if err := p.d1.daemon.Stop(soon); err != nil {
		t.Errorf("stop: %v", err)
	}
	p.d2.await("MASTER")
	p.d1.daemon = p.d1.run()
	p.await("BACKUP", "MASTER")
	p.d1.listens(5)
	p.await("BACKUP", "MASTER")
	client.awaitServed("d2")
	if out, code := p.d2.Ldirector("vrrp", "release", "VI_1"); code != 0 {
		t.Errorf("release: exit code %d\n%s", code, out)
	}
	p.await("MASTER", "BACKUP")
	client.awaitServed("d1")
	if fails := client.close("d1 d2 d1"); fails > 2 { // one may be under way each time
		t.Errorf("%d failures", fails)
	}

	p.d2.Vanish()
	p.await("MASTER", "MASTER")
	p.d2.Return()
	p.await("MASTER", "BACKUP") // of two masters the better one stays
	p.client.AwaitAnswer(soon, "tcp", web)
}
