package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/ldirector/ldirector/internal/guardian"
	"github.com/ldirector/ldirector/vrrp"
)

// A silentService is one whose process hangs.
type silentService struct{ guardian.Service }

func (silentService) Status(ctx context.Context) (vrrp.Report, error) {
	<-ctx.Done()
	return vrrp.Report{}, fmt.Errorf("ask: %w", ctx.Err())
}

// A VRRP process that hangs does not keep status, metrics and the page from saying
// the rest.
func TestStatusOfASilentProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs := &routers{service: silentService{}}
		if _, err := rs.status(context.WithoutCancel(t.Context())); !errors.Is(err, errSilent) {
			t.Errorf("status: %v, want %v", err, errSilent)
		}
	})
}
