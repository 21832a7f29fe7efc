package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ldirector/ldirector/healthcheck"
)

// A source is a family with what makes its series.
type source struct {
	family
	collect func(s *Snapshot, c *collected)
}

// collected takes the series of one family.
type collected struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	to   chan<- prometheus.Metric
}

// add adds a series, with the values of the family's labels.
func (c *collected) add(value float64, labels ...string) {
	c.to <- prometheus.MustNewConstMetric(c.desc, c.kind, value, labels...)
}

// count is add for a whole number.
func (c *collected) count(n uint64, labels ...string) { c.add(float64(n), labels...) }

// moment is add for a time, if there is one.
func (c *collected) moment(t time.Time, labels ...string) {
	if !t.IsZero() {
		c.add(float64(t.UnixMilli())/1000, labels...)
	}
}

// durations adds a histogram.
func (c *collected) durations(h *healthcheck.Histogram, labels ...string) {
	bounds := healthcheck.DurationBounds()
	cumulative := make(map[float64]uint64, len(bounds))
	total := uint64(0)
	for i, bound := range bounds {
		total += h.Counts[i]
		cumulative[bound.Seconds()] = total
	}
	total += h.Counts[len(bounds)]
	c.to <- prometheus.MustNewConstHistogram(c.desc, total, h.Sum.Seconds(), cumulative, labels...)
}

// A collector gives the families that have few series to a registry.
type collector struct {
	cache   *cache
	sources []source
	descs   []*prometheus.Desc
}

func newCollector(c *cache) *collector {
	all := &collector{cache: c, sources: sources()}
	for i := range all.sources {
		all.descs = append(all.descs, all.sources[i].desc())
	}
	return all
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		to <- desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.cache.get()
	for i := range c.sources {
		kind := prometheus.GaugeValue
		if c.sources[i].kind == counter {
			kind = prometheus.CounterValue
		}
		c.sources[i].collect(s, &collected{desc: c.descs[i], kind: kind, to: to})
	}
}

// sources are all families that go through the registry.
func sources() []source {
	all := daemonSources()
	all = append(all, tableSources()...)
	all = append(all, probeSources()...)
	return append(all, vrrpSources()...)
}
