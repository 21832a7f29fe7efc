package stories

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

const (
	nginxConfig = `pid %[1]s/nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen 80;
    location / { return 200 "%[2]s\n"; }
  }
}
`
	startNginx = "setsid -w nginx -e DIR/nginx.log -p DIR -c DIR/nginx.conf"
	nginxAlive = "grep -q nginx /proc/$(cat DIR/nginx.pid)/cmdline" // empty for a zombie
)

// configureNginx writes an nginx.conf by which nginx says the host's name.
func (d *node) configureNginx() { d.write("nginx.conf", fmt.Sprintf(nginxConfig, d.dir, d.name)) }

// killNginx ends nginx and its workers, which it leads as a session.
func (d *node) killNginx() {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "nginx.pid"))
	if err != nil {
		d.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		d.t.Fatal(err)
	}
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil {
		d.t.Fatalf("kill nginx on %s: %v", d.name, err)
	}
}

// nginx is killed and started again, and nothing moves; it cannot be started any
// more, and the other host serves; it can, and the address comes back.
func TestNginx(t *testing.T) {
	p := newPair(t, nettest.Nginx)
	for _, d := range []*node{p.d1, p.d2} {
		d.configureNginx()
	}
	p.start("nginx.hcl", "interval=300ms", "alive="+nginxAlive, "restart="+startNginx)

	client := p.follow(get)
	client.awaitServed("d1")
	p.d1.killNginx()
	client.awaitFailure()
	client.awaitServed("d1")
	t.Logf("nginx killed and started again: %d failures", client.close("d1"))
	if n := p.d2.instance().Counters.BecameMaster; n != 0 {
		t.Errorf("the backup became master %d times", n)
	}

	client = p.follow(get)
	client.awaitServed("d1")
	p.d1.write("nginx.conf", "nonsense;")
	p.d1.killNginx()
	p.await("FAULT", "MASTER")
	client.awaitServed("d2")
	t.Logf("nginx broken: %d failures", client.close("d1 d2"))
	if faults := strings.Join(p.d1.instance().Faults, " "); !strings.Contains(faults, "track_script nginx") {
		t.Errorf("faults %q do not say that it is nginx", faults)
	}

	client = p.follow(get)
	client.awaitServed("d2")
	p.d1.configureNginx()
	p.await("MASTER", "BACKUP")
	client.awaitServed("d1")
	if fails := client.close("d2 d1"); fails > 1 { // one may be under way when the address moves
		t.Errorf("moving back: %d failures", fails)
	}
}
