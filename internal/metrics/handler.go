package metrics

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// A Handler answers GET /metrics.
type Handler struct {
	cache    *cache
	registry *prometheus.Registry
	log      *slog.Logger
}

// NewHandler returns a Handler. It calls read at most once a second, and never
// twice at a time; read returns soon after its context is done.
func NewHandler(read func(context.Context) Snapshot, log *slog.Logger) *Handler {
	h := &Handler{cache: &cache{read: read}, registry: prometheus.NewRegistry(), log: log}
	h.registry.MustRegister(
		newCollector(h.cache),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return h
}

// ServeHTTP answers a scrape, in Prometheus' text format. The answer is not
// compressed, which would take longer than everything else.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	families, err := h.registry.Gather()
	if err != nil {
		h.log.Error("metrics not gathered", "err", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	w.Header().Set("Content-Type", string(format))
	out := bufio.NewWriter(w)
	for _, f := range families {
		if _, err = expfmt.MetricFamilyToText(out, f); err != nil {
			break
		}
	}
	if err == nil {
		err = h.cache.get().writeTable(out)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		h.log.Debug("metrics not delivered", "err", err)
	}
}

// families are all that are ldirector's own.
func families() []family {
	var all []family
	for _, s := range sources() {
		all = append(all, s.family)
	}
	for _, c := range virtualColumns() {
		all = append(all, c.family)
	}
	for _, c := range realColumns() {
		all = append(all, c.family)
	}
	return all
}
