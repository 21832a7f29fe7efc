package stories

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

// The service is nginx here. Whoever starts it says whether the address is there.
const service = `#!/bin/sh
case $1 in
start)
  ip -o address show label eth0:0 | grep -q ' 192.168.25.100/24 ' && state=ready || state=premature
  echo "start, $state" >>DIR/service.log
  exec setsid -w nginx -e DIR/nginx.log -p DIR -c DIR/nginx.conf
  ;;
stop)
  echo stop >>DIR/service.log
  exec nginx -e DIR/nginx.log -p DIR -c DIR/nginx.conf -s stop
  ;;
esac
`

// The service is started once where the address comes, when it has come, and
// stopped where it leaves: because the gateway cannot be reached from there, because
// the host can be reached no more, because the daemon is stopped.
func TestHotStandby(t *testing.T) {
	t.Parallel()
	for _, failBack := range []bool{true, false} {
		t.Run(fmt.Sprint("auto_failback ", failBack), func(t *testing.T) {
			p := newPair(t, nettest.Nginx, "nft")
			gateway := p.Host("gateway", p.lan, "192.168.25.1/24")
			for _, d := range []*node{p.d1, p.d2} {
				d.configureNginx()
				d.write("service", strings.ReplaceAll(service, "DIR", d.dir))
			}
			p.start("hot-standby.hcl", "keepalive=200ms", "start=DIR/service start", "stop=DIR/service stop",
				fmt.Sprint("auto_failback=", failBack))
			p.d1.heard("service", "stop", "start, ready")
			p.d2.heard("service", "stop")

			client := p.follow(get)
			client.awaitServed("d1")
			gateway.Run("nft", "table ip deaf { chain in { type filter hook input priority 0; ip saddr 192.168.25.11 drop; }; }")
			p.d2.await("MASTER")
			client.awaitServed("d2")
			p.d1.heard("service", "stop", "start, ready", "stop")
			p.d2.heard("service", "stop", "start, ready")

			gateway.Run("nft", "delete table ip deaf")
			if failBack {
				p.await("MASTER", "BACKUP")
				client.awaitServed("d1")
				p.d1.heard("service", "stop", "start, ready", "stop", "start, ready")
				p.d2.heard("service", "stop", "start, ready", "stop")
				client.close("d1 d2 d1")
				p.lose(p.d1, p.d2, "stop", "start, ready", "stop")
			} else {
				p.await("BACKUP", "MASTER")
				p.d1.listens(20)
				p.await("BACKUP", "MASTER")
				client.close("d1 d2")
				p.d2.heard("service", "stop", "start, ready")
				p.lose(p.d2, p.d1, "stop", "start, ready", "stop", "stop") // the last one for FAULT to BACKUP
			}
		})
	}
}

// lose cuts the host with the service off, and then stops the daemon of the one that
// has taken over, whose service was told so until then.
func (p *pair) lose(host, heir *node, told ...string) {
	p.t.Helper()
	host.Vanish()
	heir.await("MASTER")
	client := p.follow(get)
	client.awaitServed(heir.name)
	client.close(heir.name)
	heir.heard("service", append(told, "start, ready")...)
	if err := heir.daemon.Stop(soon); err != nil {
		p.t.Errorf("stop: %v", err)
	}
	heir.heard("service", append(told, "start, ready", "stop")...)
	if heir.HasAddress(vip) {
		p.t.Errorf("%s still has the address", heir.name)
	}
}
