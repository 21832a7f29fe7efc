package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/ldirector/ldirector/director"
)

const commandTimeout = 10 * time.Second

// maxBody bounds what a request may say.
const maxBody = 4 << 10

// maxDrain is the longest time that a drain may be given.
const maxDrain = 366 * 24 * time.Hour

// DrainRequest is the body of a request to drain a real server. It may be left out.
type DrainRequest struct {
	// TimeoutSeconds is after how long the server leaves with the connections that
	// are left; 0: never.
	TimeoutSeconds float64 `json:"timeout_seconds"`
}

// WeightRequest is the body of a request for another weight of a real server.
type WeightRequest struct {
	Weight *uint32 `json:"weight"` // 0 to 2147483647
}

// PriorityRequest is the body of a request for another priority.
type PriorityRequest struct {
	Priority uint8 `json:"priority"` // 1 to 254; 0: the configured one
}

func (s *Server) postDrain(w http.ResponseWriter, r *http.Request) {
	var body DrainRequest
	if err := read(w, r, &body); err != nil && !errors.Is(err, io.EOF) {
		s.answer(w, r, http.StatusBadRequest, problem{`the body has to be {"timeout_seconds": N}: ` + err.Error()})
		return
	}
	timeout := time.Duration(body.TimeoutSeconds * float64(time.Second))
	if body.TimeoutSeconds < 0 || body.TimeoutSeconds > maxDrain.Seconds() {
		s.answer(w, r, http.StatusBadRequest, problem{fmt.Sprintf("timeout_seconds has to be from 0 to %.0f", maxDrain.Seconds())})
		return
	}
	o := director.Override{Kind: director.Drain}
	if timeout > 0 {
		o.Until = time.Now().Add(timeout)
	}
	s.override(w, r, o)
}

func (s *Server) postDisable(w http.ResponseWriter, r *http.Request) {
	s.override(w, r, director.Override{Kind: director.Disable})
}

func (s *Server) postEnable(w http.ResponseWriter, r *http.Request) {
	s.override(w, r, director.Override{})
}

func (s *Server) putWeight(w http.ResponseWriter, r *http.Request) {
	var body WeightRequest
	err := read(w, r, &body)
	if err == nil && (body.Weight == nil || *body.Weight > math.MaxInt32) {
		err = errors.New("there is no such weight in it")
	}
	if err != nil {
		s.answer(w, r, http.StatusBadRequest, problem{`the body has to be {"weight": N}, N from 0 to 2147483647: ` + err.Error()})
		return
	}
	s.override(w, r, director.Override{Kind: director.SetWeight, Weight: *body.Weight})
}

// override does what an operator wants with a real server.
func (s *Server) override(w http.ResponseWriter, r *http.Request, o director.Override) {
	s.onRealServer(w, r, orderText(o), func(virtual, real string) error {
		return s.daemon.Override(r.Context(), virtual, real, o)
	})
}

// orderText is the command as it is typed.
func orderText(o director.Override) string {
	switch o.Kind {
	case director.NoOverride:
		return "enable"
	case director.SetWeight:
		return fmt.Sprintf("weight %d", o.Weight)
	default:
		return o.Kind.String()
	}
}

func (s *Server) postProbe(w http.ResponseWriter, r *http.Request) {
	s.onRealServer(w, r, "probe", func(virtual, real string) error {
		return s.daemon.Probe(r.Context(), virtual, real)
	})
}

// onRealServer does something with the real server that a request names.
func (s *Server) onRealServer(w http.ResponseWriter, r *http.Request, what string, do func(virtual, real string) error) {
	v, rs, err := s.named(r)
	c := command{what: what}
	if err == nil {
		c.virtual, c.real = v.Name, rs.Address
		err = do(v.Name, rs.Address)
	}
	s.command(w, r, c, err)
}

// named finds the real server that a request names.
func (s *Server) named(r *http.Request) (*VirtualServer, *RealServer, error) {
	v, err := s.daemon.Status(r.Context()).virtualServer(r.PathValue("name"))
	if err != nil {
		return nil, nil, err
	}
	rs, err := v.realServer(r.PathValue("address"))
	return v, rs, err
}

func (s *Server) postRelease(w http.ResponseWriter, r *http.Request) {
	s.onInstance(w, r, "release", s.daemon.Release)
}

func (s *Server) postPreempt(w http.ResponseWriter, r *http.Request) {
	s.onInstance(w, r, "preempt", s.daemon.Preempt)
}

func (s *Server) putPriority(w http.ResponseWriter, r *http.Request) {
	var p PriorityRequest
	if err := read(w, r, &p); err != nil {
		s.answer(w, r, http.StatusBadRequest, problem{`the body has to be {"priority": N}, N from 0 to 254: ` + err.Error()})
		return
	}
	s.onInstance(w, r, fmt.Sprintf("priority %d", p.Priority), func(ctx context.Context, name string) error {
		return s.daemon.SetPriority(ctx, name, p.Priority)
	})
}

// onInstance does something with the VRRP instance that a request names.
func (s *Server) onInstance(w http.ResponseWriter, r *http.Request, what string, do func(context.Context, string) error) {
	name := r.PathValue("name")
	s.command(w, r, command{what: what, instance: name}, do(r.Context(), name))
}

// read decodes the body of a request.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// A command is what somebody wants, and with what.
type command struct{ what, virtual, real, instance string }

// command logs a command and answers it.
func (s *Server) command(w http.ResponseWriter, r *http.Request, c command, err error) {
	by := peer(r.Context())
	if err != nil {
		s.log.Warn("command refused", "command", c.what, "service", c.virtual, "real_server", c.real, "vrrp_instance", c.instance, "by", by, "err", err)
		status := http.StatusConflict
		if _, unknown := errors.AsType[*NotFoundError](err); unknown {
			status = http.StatusNotFound
		}
		s.answer(w, r, status, problem{err.Error()})
		return
	}
	s.log.Info("command", "command", c.what, "service", c.virtual, "real_server", c.real, "vrrp_instance", c.instance, "by", by)
	s.events.Add(Event{Kind: "command", VirtualServer: c.virtual, RealServer: c.real, Instance: c.instance, Text: c.what, By: by})
	s.answer(w, r, http.StatusOK, struct{}{})
}

// Drain makes a real server finish its connections; after a timeout, unless that
// is 0, it leaves with those that are left. Errors of this and of the other
// commands are *[NotFoundError], or as for Status.
func (c *Client) Drain(ctx context.Context, virtual, real string, timeout time.Duration) error {
	return c.onRealServer(ctx, http.MethodPost, virtual, real, "drain", DrainRequest{timeout.Seconds()})
}

// Disable takes a real server out of the table.
func (c *Client) Disable(ctx context.Context, virtual, real string) error {
	return c.onRealServer(ctx, http.MethodPost, virtual, real, "disable", nil)
}

// Enable takes back what Drain, Disable and SetWeight have done.
func (c *Client) Enable(ctx context.Context, virtual, real string) error {
	return c.onRealServer(ctx, http.MethodPost, virtual, real, "enable", nil)
}

// SetWeight gives a real server another weight in place of the configured one.
func (c *Client) SetWeight(ctx context.Context, virtual, real string, weight uint32) error {
	return c.onRealServer(ctx, http.MethodPut, virtual, real, "weight", WeightRequest{&weight})
}

// Probe makes the probes of a real server due now.
func (c *Client) Probe(ctx context.Context, virtual, real string) error {
	return c.onRealServer(ctx, http.MethodPost, virtual, real, "probe", nil)
}

func (c *Client) onRealServer(ctx context.Context, method, virtual, real, verb string, body any) error {
	return c.command(ctx, method, "virtual_servers/"+url.PathEscape(virtual)+"/real_servers/"+url.PathEscape(real)+"/"+verb, body)
}

// Release makes a virtual router hand over to a backup, and not preempt it.
func (c *Client) Release(ctx context.Context, instance string) error {
	return c.onInstance(ctx, http.MethodPost, instance, "release", nil)
}

// Preempt takes a Release back.
func (c *Client) Preempt(ctx context.Context, instance string) error {
	return c.onInstance(ctx, http.MethodPost, instance, "preempt", nil)
}

// SetPriority sets a priority from 1 to 254 in place of the configured one; 0
// takes it back.
func (c *Client) SetPriority(ctx context.Context, instance string, n uint8) error {
	return c.onInstance(ctx, http.MethodPut, instance, "priority", PriorityRequest{n})
}

func (c *Client) onInstance(ctx context.Context, method, instance, verb string, body any) error {
	return c.command(ctx, method, "vrrp_instances/"+url.PathEscape(instance)+"/"+verb, body)
}

func (c *Client) command(ctx context.Context, method, path string, body any) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var done struct{}
	return c.do(ctx, method, "/api/v1/"+path, body, &done)
}
