package metrics

import "github.com/prometheus/client_golang/prometheus"

// A kind is the type of a family, in Prometheus' words.
type kind string

const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// A family is a metric with all its series.
type family struct {
	name   string
	kind   kind
	labels []string
	help   string // one line
}

// desc returns the family for client_golang.
func (f *family) desc() *prometheus.Desc {
	return prometheus.NewDesc(f.name, f.help, f.labels, nil)
}

// truth is a condition as a value.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
