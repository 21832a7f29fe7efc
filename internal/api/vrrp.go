package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

const commandTimeout = 10 * time.Second

// maxBody bounds what a request may say.
const maxBody = 4 << 10

// A priority is the body of a request for another priority.
type priority struct {
	Priority uint8 `json:"priority"` // 1 to 254; 0: the configured one
}

func (s *Server) postRelease(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, s.daemon.Release(r.Context(), r.PathValue("name")))
}

func (s *Server) postPreempt(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, s.daemon.Preempt(r.Context(), r.PathValue("name")))
}

func (s *Server) putPriority(w http.ResponseWriter, r *http.Request) {
	var p priority
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&p); err != nil {
		s.answer(w, r, http.StatusBadRequest, problem{"the body has to be {\"priority\": N}, N from 0 to 254: " + err.Error()})
		return
	}
	s.command(w, r, s.daemon.SetPriority(r.Context(), r.PathValue("name"), p.Priority))
}

// command answers a request to do something.
func (s *Server) command(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		s.answer(w, r, http.StatusConflict, problem{err.Error()})
		return
	}
	s.answer(w, r, http.StatusOK, struct{}{})
}

// Release makes a virtual router hand over to a backup, and not preempt it. The
// error of a name that does not exist says so.
func (c *Client) Release(ctx context.Context, instance string) error {
	return c.command(ctx, http.MethodPost, instance, "release", nil)
}

// Preempt takes a Release back.
func (c *Client) Preempt(ctx context.Context, instance string) error {
	return c.command(ctx, http.MethodPost, instance, "preempt", nil)
}

// SetPriority sets a priority from 1 to 254 in place of the configured one; 0
// takes it back.
func (c *Client) SetPriority(ctx context.Context, instance string, n uint8) error {
	return c.command(ctx, http.MethodPut, instance, "priority", priority{n})
}

func (c *Client) command(ctx context.Context, method, instance, verb string, body any) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var done struct{}
	return c.do(ctx, method, "/api/v1/vrrp_instances/"+url.PathEscape(instance)+"/"+verb, body, &done)
}
