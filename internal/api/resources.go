package api

import (
	"net/http"
	"time"
)

// Health is the answer to a question for the daemon's health.
type Health struct {
	OK    bool   `json:"ok"`
	Error string `json:"error"` // why it is not
}

// Probes are those of one real server, in the configuration's order.
type Probes struct {
	Probes []Probe `json:"probes"`
}

// Probe is one question to a real server, and what it said last. Real servers
// that are asked the same share a probe.
type Probe struct {
	Kind    string     `json:"kind"`  // tcp_check, http_get …
	State   string     `json:"state"` // up, down or unknown
	Reason  string     `json:"reason"`
	Warning string     `json:"warning"`
	Since   *time.Time `json:"since"`
	Last    *time.Time `json:"last"` // end of the last one
	// History are the latest ones, at most 60, the oldest first.
	History []ProbeResult `json:"history"`
}

// ProbeResult is what a probe said at one time.
type ProbeResult struct {
	Time            time.Time `json:"time"`   // its end, to 10 milliseconds
	Result          string    `json:"result"` // passed; failed; local: trouble of this host, which says nothing about the target
	DurationSeconds float64   `json:"duration_seconds"`
	Reason          string    `json:"reason"` // why it has not passed; "" if it has, and where later reasons have taken its place
}

func (s *Server) getHealth(w http.ResponseWriter, r *http.Request) {
	if err := s.daemon.Health(); err != nil {
		s.answer(w, r, http.StatusServiceUnavailable, Health{Error: err.Error()})
		return
	}
	s.answer(w, r, http.StatusOK, Health{OK: true})
}

func (s *Server) getDocument(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if _, err := w.Write(document); err != nil {
		s.log.Debug("answer not delivered", "path", r.URL.Path, "err", err)
	}
}

func (s *Server) getStatus(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, http.StatusOK, s.daemon.Status(r.Context()))
}

func (s *Server) getVirtualServer(w http.ResponseWriter, r *http.Request) {
	v, err := s.daemon.Status(r.Context()).virtualServer(r.PathValue("name"))
	s.found(w, r, v, err)
}

func (s *Server) getRealServer(w http.ResponseWriter, r *http.Request) {
	_, rs, err := s.named(r)
	s.found(w, r, rs, err)
}

func (s *Server) getProbes(w http.ResponseWriter, r *http.Request) {
	v, rs, err := s.named(r)
	if err != nil {
		s.answer(w, r, http.StatusNotFound, problem{err.Error()})
		return
	}
	s.answer(w, r, http.StatusOK, Probes{append([]Probe{}, s.daemon.Probes(r.Context(), v.Name, rs.Address)...)})
}

func (s *Server) getInstance(w http.ResponseWriter, r *http.Request) {
	i, err := s.daemon.Status(r.Context()).instance(r.PathValue("name"))
	s.found(w, r, i, err)
}

// found answers with a resource, or that there is none.
func (s *Server) found(w http.ResponseWriter, r *http.Request, v any, err error) {
	if err != nil {
		s.answer(w, r, http.StatusNotFound, problem{err.Error()})
		return
	}
	s.answer(w, r, http.StatusOK, v)
}
