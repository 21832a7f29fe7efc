package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// socketOf is where a host's daemon answers.
func socketOf(h *lab.Host) string { return filepath.Join(h.StateDir(), "ldirector.sock") }

// scrape returns the metrics of a host's daemon, values by series.
func scrape(t *testing.T, h *lab.Host) map[string]float64 {
	t.Helper()
	client := http.Client{Timeout: patient, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socketOf(h))
		},
	}}
	resp, err := client.Get("http://ldirector/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status %s, %v", resp.Status, err)
	}
	values := make(map[string]float64)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if name == strings.TrimSpace(line) { // no labels
			name, value, _ = strings.Cut(name, " ")
		} else {
			name += "}"
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			values[name] = v
		}
	}
	return values
}

// awaitMetrics waits until series have these values.
func awaitMetrics(t *testing.T, h *lab.Host, want map[string]float64) map[string]float64 {
	t.Helper()
	var got map[string]float64
	nettest.Eventually(t, soon, "the metrics", func() error {
		got = scrape(t, h)
		for name, value := range want {
			if is, there := got[name]; is != value || !there {
				return fmt.Errorf("%s is %v (there: %t), want %v", name, is, there, value)
			}
		}
		return nil
	})
	return got
}

// Counters follow the traffic, and states what happens to servers and routers.
func TestMetrics(t *testing.T) {
	s := newSite(t)
	example := s.Example("dr-pair.hcl")
	first, _ := s.webServers(example)
	d := s.director(1)
	d.Direct(example)
	d.AwaitTable(soon, drTable)
	awaitVRRP(t, d, "MASTER", "192.168.25.11")
	virtual := func(name string) string {
		return "ldirector_virtual_server_" + name + `{virtual_server="web"}`
	}
	server := func(name string, n int) string {
		return fmt.Sprintf(`ldirector_real_server_%s{virtual_server="web",real_server="192.168.25.%d:80"}`, name, n)
	}

	s.client.Spread("tcp", web, 9)
	got := awaitMetrics(t, d, map[string]float64{
		virtual("connections_total"): 9, server("connections_total", 31): 3, server("connections_total", 32): 6,
		virtual("quorum_up"): 1, virtual("live_weight"): 3, virtual("outgoing_bytes_total"): 0,
		server("up", 31): 1, server("weight", 31): 1, server("weight", 32): 2,
		`ldirector_vrrp_state{state="MASTER",vrrp_instance="VI_1"}`: 1, `ldirector_vrrp_became_master_total{vrrp_instance="VI_1"}`: 1,
		"ldirector_ipvs_table_in_sync": 1, "ldirector_ipvs_counters_readable": 1, "ldirector_ipvs_drift_repairs_total": 0,
		`ldirector_ipvs_operations_total{object="real_server",operation="create"}`: 2,
	})
	for _, name := range []string{"incoming_packets_total", "incoming_bytes_total"} {
		sum := got[server(name, 31)] + got[server(name, 32)]
		if got[virtual(name)] < 9*40 && name == "incoming_bytes_total" || got[virtual(name)] != sum {
			t.Errorf("%s is %v, and %v in all for real servers", name, got[virtual(name)], sum)
		}
	}
	if got[virtual("active_connections")]+got[virtual("inactive_connections")] != 9 {
		t.Errorf("%v active and %v inactive connections, want 9", got[virtual("active_connections")], got[virtual("inactive_connections")])
	}
	if n := got[`ldirector_probes_total{kind="tcp_check",purpose="real_servers",result="passed"}`]; n < 2 || n != got[`ldirector_probe_duration_seconds_count{kind="tcp_check",purpose="real_servers"}`] {
		t.Errorf("%v probes have passed", n)
	}

	s.client.Spread("tcp", web, 3)
	awaitMetrics(t, d, map[string]float64{virtual("connections_total"): 12, server("connections_total", 31): 4, server("connections_total", 32): 8})

	first.Die()
	got = awaitMetrics(t, d, map[string]float64{
		server("up", 31): 0, server("up", 32): 1, virtual("live_weight"): 2,
		`ldirector_virtual_server_real_servers{virtual_server="web",state="down"}`:                      1,
		`ldirector_real_server_state{virtual_server="web",real_server="192.168.25.31:80",state="down"}`: 1,
		`ldirector_ipvs_operations_total{object="real_server",operation="delete"}`:                      1,
	})
	if _, there := got[server("connections_total", 31)]; there {
		t.Error("a real server that is not in the table has counters")
	}
}

// A real Prometheus scrapes a director through a TCP port, and sees a rate.
func TestPrometheus(t *testing.T) {
	nettest.Require(t, "prometheus")
	s := newSite(t)
	example := s.Example("dr-pair.hcl")
	s.webServers(example)
	d := s.director(1)
	d.Direct(example)
	d.AwaitTable(soon, drTable)
	s.client.AwaitAnswer(soon, "tcp", web)
	config := filepath.Join(t.TempDir(), "prometheus.yml")
	rewrite(t, config, fmt.Sprintf(`
global: {scrape_interval: 2s}
scrape_configs: [{job_name: ldirector, static_configs: [{targets: [%q]}]}]
`, forward(t, d, socketOf(d))))
	d.Start(d.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address=127.0.0.1:9090"))
	ask := func(expr string) error {
		out := d.Run("sh", "-c", `curl -s http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1" || true`, "sh", expr)
		var answer struct{ Data struct{ Result []any } }
		if err := json.Unmarshal([]byte(out), &answer); err != nil || len(answer.Data.Result) == 0 {
			return fmt.Errorf("%s: %s", expr, out)
		}
		return nil
	}
	nettest.Eventually(t, 2*soon, "Prometheus sees the director", func() error { return ask(`up{job="ldirector"} == 1`) })
	nettest.Eventually(t, 2*soon, "Prometheus sees the traffic", func() error {
		s.client.Spread("tcp", web, 3)
		return ask(`rate(ldirector_virtual_server_connections_total{virtual_server="web"}[20s]) > 0 and ldirector_virtual_server_quorum_up == 1`)
	})
}

// forward returns the address of a TCP port on a host that leads to a socket.
func forward(t *testing.T, h *lab.Host, socket string) string {
	t.Helper()
	var l net.Listener
	if err := h.Do(func() (err error) {
		l, err = net.Listen("tcp", "127.0.0.1:0")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go pipe(conn, socket)
		}
	}()
	return l.Addr().String()
}

// pipe copies between a connection and a socket until either ends.
func pipe(conn net.Conn, socket string) {
	defer conn.Close()
	other, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return
	}
	defer other.Close()
	go func() {
		_, _ = io.Copy(other, conn)
		other.Close()
	}()
	_, _ = io.Copy(conn, other)
}
