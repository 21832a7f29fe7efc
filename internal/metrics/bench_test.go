package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A sink is a ResponseWriter that counts bytes.
type sink struct {
	header http.Header
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { s.bytes += len(b); return len(b), nil }

// BenchmarkScrape is one scrape of a director with 1,000 virtual servers and
// 10,000 real servers, without the dump of the kernel.
func BenchmarkScrape(b *testing.B) {
	snapshot := farm(1000)
	h := NewHandler(func(context.Context) Snapshot { return snapshot }, slog.New(slog.DiscardHandler))
	scrape(b, h)
}

// BenchmarkScrapeRegistry is what the series of real servers alone cost when
// they go through client_golang.
func BenchmarkScrapeRegistry(b *testing.B) {
	snapshot := farm(1000)
	registry := prometheus.NewRegistry()
	registry.MustRegister(plain{&snapshot})
	scrape(b, promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true}))
}

func scrape(b *testing.B, h http.Handler) {
	b.Helper()
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		s := &sink{header: make(http.Header)}
		h.ServeHTTP(s, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		size = s.bytes
	}
	b.ReportMetric(float64(size), "B/answer")
}

// plain is a collector for the counters of real servers.
type plain struct{ s *Snapshot }

func (p plain) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(p, to) }

func (p plain) Collect(to chan<- prometheus.Metric) {
	for _, c := range realColumns() {
		desc := prometheus.NewDesc(c.name, c.help, []string{"virtual_server", "real_server"}, nil)
		for _, v := range p.s.Table.VirtualServers {
			for _, r := range v.RealServers {
				to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(r.Stats.Connections), v.Name, r.Addr.String())
			}
		}
	}
}
