package api

import (
	"context"
	"crypto/tls"
	_ "embed" // for the document
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/plan"
)

// reloadTimeout bounds a reload: reading a large configuration and writing a
// large table on a slow host.
const reloadTimeout = 2 * time.Minute

// maxConnections bounds the connections of one listener.
const maxConnections = 256

// document is the OpenAPI document. A test compares it with the code.
//
//go:embed openapi.json
var document []byte //nolint:gochecknoglobals // the compiler can set nothing else

// A Daemon is what a Server speaks for. Its methods are called from many
// goroutines and return soon after their context ends. Names are those of its
// Status. An error for a name that is none any more is a *[NotFoundError].
type Daemon interface {
	// Status returns the state of this moment.
	Status(ctx context.Context) Status
	// Health returns why the daemon does not do its work, nil if it does. It costs
	// nothing.
	Health() error
	// Reload reads the configuration again and does what has changed. An error
	// means that nothing was changed; [*ConfigError] says why.
	Reload(ctx context.Context) (Reload, error)
	// Plan reads the configuration again and says what Reload would change in the
	// kernel. The errors are those of Reload.
	Plan(ctx context.Context) (plan.Plan, error)
	// Override makes an operator's word count for a real server.
	Override(ctx context.Context, virtual, real string, o director.Override) error
	// Probes returns what the probes of a real server said last.
	Probes(ctx context.Context, virtual, real string) []Probe
	// Probe makes the probes of a real server due now.
	Probe(ctx context.Context, virtual, real string) error
	// Release makes a virtual router hand over to a backup, and not preempt
	// it; Preempt takes that back.
	Release(ctx context.Context, instance string) error
	Preempt(ctx context.Context, instance string) error
	// SetPriority sets a priority from 1 to 254 in place of the configured
	// one; 0 takes it back.
	SetPriority(ctx context.Context, instance string, priority uint8) error
}

// Server answers the API. It may serve several listeners.
type Server struct {
	daemon Daemon
	events *EventLog
	log    *slog.Logger
	mounts []route
}

// NewServer returns a Server that speaks for daemon.
func NewServer(daemon Daemon, events *EventLog, log *slog.Logger) *Server {
	return &Server{daemon: daemon, events: events, log: log}
}

// Mount adds a resource, which may only be read, at a path of [http.ServeMux]:
// "/metrics", or "/{$}" for the root alone. It must come before Handler and
// ReadOnly.
func (s *Server) Mount(path string, h http.Handler) {
	s.mounts = append(s.mounts, route{"GET " + path, h.ServeHTTP})
}

// A route is a method and path, and what answers there.
type route struct {
	pattern string
	answer  http.HandlerFunc
}

// handlers are a Server's routes for one listener.
type handlers struct {
	*Server
	streams chan struct{}
}

// reading are the routes that change nothing.
func (h *handlers) reading() []route {
	return []route{
		{"GET /healthz", h.getHealth},
		{"GET /api/v1/openapi.json", h.getDocument},
		{"GET /api/v1/status", h.getStatus},
		{"GET /api/v1/virtual_servers/{name}", h.getVirtualServer},
		{"GET /api/v1/virtual_servers/{name}/real_servers/{address}", h.getRealServer},
		{"GET /api/v1/virtual_servers/{name}/real_servers/{address}/probes", h.getProbes},
		{"GET /api/v1/vrrp_instances/{name}", h.getInstance},
		{"GET /api/v1/events", h.getEvents},
		{"GET /api/v1/events/stream", h.streamEvents},
	}
}

// writing are the routes for operators.
func (h *handlers) writing() []route {
	const real = "/api/v1/virtual_servers/{name}/real_servers/{address}"
	return []route{
		{"POST /api/v1/reload", h.postReload},
		{"POST /api/v1/plan", h.postPlan},
		{"POST " + real + "/drain", h.postDrain},
		{"POST " + real + "/disable", h.postDisable},
		{"POST " + real + "/enable", h.postEnable},
		{"PUT " + real + "/weight", h.putWeight},
		{"POST " + real + "/probe", h.postProbe},
		{"POST /api/v1/vrrp_instances/{name}/release", h.postRelease},
		{"POST /api/v1/vrrp_instances/{name}/preempt", h.postPreempt},
		{"PUT /api/v1/vrrp_instances/{name}/priority", h.putPriority},
	}
}

func (s *Server) newHandlers() *handlers {
	return &handlers{s, make(chan struct{}, maxStreams)}
}

// Handler returns all routes.
func (s *Server) Handler() http.Handler {
	h := s.newHandlers()
	return mux(h.reading(), h.writing(), s.mounts)
}

// ReadOnly returns the routes that change nothing, for a listener to which
// others than operators may come.
func (s *Server) ReadOnly() http.Handler {
	return mux(s.newHandlers().reading(), s.mounts)
}

func mux(lists ...[]route) http.Handler {
	m := http.NewServeMux()
	for _, routes := range lists {
		for _, r := range routes {
			m.HandleFunc(r.pattern, r.answer)
		}
	}
	return m
}

// Serve answers on l until ctx is done, then closes it and returns nil. It
// speaks TLS unless secure is nil. Slow clients are cut off after seconds, and
// too many of them at once.
func Serve(ctx context.Context, l net.Listener, h http.Handler, secure *tls.Config, log *slog.Logger) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	srv := &http.Server{
		Handler:           h,
		ConnContext:       withPeer,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		Protocols:         protocols,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	l = limit(l, maxConnections)
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}

// Run answers with all routes on l, a unix socket, until ctx is done.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	return Serve(ctx, l, s.Handler(), nil, s.log)
}

func (s *Server) postReload(w http.ResponseWriter, r *http.Request) {
	s.log.Info("command", "command", "reload", "by", peer(r.Context()))
	s.events.Add(Event{Kind: "command", Text: "reload", By: peer(r.Context())})
	ctx, cancel := s.patience(w, r)
	defer cancel()
	done, err := s.daemon.Reload(ctx)
	s.loaded(w, r, done, err)
}

func (s *Server) postPlan(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.patience(w, r)
	defer cancel()
	p, err := s.daemon.Plan(ctx)
	s.loaded(w, r, p, err)
}

// patience gives an answer the time that a reload may take.
func (s *Server) patience(w http.ResponseWriter, r *http.Request) (context.Context, context.CancelFunc) {
	control := http.NewResponseController(w)
	err := errors.Join(control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Now().Add(reloadTimeout)))
	if err != nil {
		s.log.Debug("deadline not set", "path", r.URL.Path, "err", err)
	}
	return context.WithTimeout(r.Context(), reloadTimeout)
}

// loaded answers with what came of reading the configuration.
func (s *Server) loaded(w http.ResponseWriter, r *http.Request, done any, err error) {
	_, refused := errors.AsType[*ConfigError](err)
	switch {
	case err == nil:
		s.answer(w, r, http.StatusOK, done)
	case refused:
		s.answer(w, r, http.StatusUnprocessableEntity, problem{err.Error()})
	default:
		s.answer(w, r, http.StatusInternalServerError, problem{err.Error()})
	}
}

// answer sends v as JSON.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.log.Debug("answer not delivered", "path", r.URL.Path, "err", err)
	}
}
