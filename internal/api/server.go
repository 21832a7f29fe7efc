package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// ErrInUse reports that a daemon answers on the socket already.
var ErrInUse = errors.New("a running ldirector answers on it; stop that one first, or give this one its own --state-dir")

// Listen opens the unix socket at path with mode 0660, creating its folder.
// A socket left behind by a killed daemon is replaced; one that is answered
// gives an error matching [ErrInUse].
func Listen(path string) (net.Listener, error) {
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("listen on %s: %w", path, ErrInUse)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if fi, err := os.Lstat(path); err == nil {
		if fi.Mode().Type() != os.ModeSocket {
			return nil, fmt.Errorf("listen on %s: there is a file that is no socket; move it away or choose another path", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("replace the old socket: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o660); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// reloadTimeout bounds a reload: reading a large configuration and writing a
// large table on a slow host.
const reloadTimeout = 2 * time.Minute

// A Daemon is what a Server speaks for. Its methods are called from many
// goroutines and return soon after their context ends.
type Daemon interface {
	// Status returns the state of this moment.
	Status(ctx context.Context) Status
	// Reload reads the configuration again and does what has changed. An error
	// means that nothing was changed; [*ConfigError] says why.
	Reload(ctx context.Context) (Reload, error)
	// Release makes a virtual router hand over to a backup, and not preempt
	// it; Preempt takes that back.
	Release(ctx context.Context, instance string) error
	Preempt(ctx context.Context, instance string) error
	// SetPriority sets a priority from 1 to 254 in place of the configured
	// one; 0 takes it back.
	SetPriority(ctx context.Context, instance string, priority uint8) error
}

// Server answers the API.
type Server struct {
	daemon Daemon
	log    *slog.Logger
	others []route
}

// A route is one that somebody else answers.
type route struct {
	pattern string
	handler http.Handler
}

// NewServer returns a Server that speaks for daemon.
func NewServer(daemon Daemon, log *slog.Logger) *Server {
	return &Server{daemon: daemon, log: log}
}

// Handle adds a route, with a pattern of [http.ServeMux], that handler answers. It
// is called before Handler and Run.
func (s *Server) Handle(pattern string, handler http.Handler) {
	s.others = append(s.others, route{pattern, handler})
}

// Handler returns the API's routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/status", s.getStatus)
	mux.HandleFunc("POST /api/v1/reload", s.postReload)
	mux.HandleFunc("POST /api/v1/vrrp_instances/{name}/release", s.postRelease)
	mux.HandleFunc("POST /api/v1/vrrp_instances/{name}/preempt", s.postPreempt)
	mux.HandleFunc("PUT /api/v1/vrrp_instances/{name}/priority", s.putPriority)
	for _, r := range s.others {
		mux.Handle(r.pattern, r.handler)
	}
	return mux
}

// Run serves l until ctx is done, then closes it and returns nil. Slow
// clients are cut off after seconds.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}

func (s *Server) getStatus(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, http.StatusOK, s.daemon.Status(r.Context()))
}

func (s *Server) postReload(w http.ResponseWriter, r *http.Request) {
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(reloadTimeout)); err != nil {
		s.log.Debug("deadline not set", "path", r.URL.Path, "err", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), reloadTimeout)
	defer cancel()
	done, err := s.daemon.Reload(ctx)
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
