package director

import (
	"slices"
	"testing"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

var (
	_ Table   = (*ipvs.Client)(nil)
	_ Checker = (*healthcheck.Engine)(nil)
)

func TestChecksAreSharedBetweenServices(t *testing.T) {
	cfg := services(virtual(1, "1=1 2=1"), virtual(2, "2=5 3=1"))
	if got, want := newPool(cfg.VirtualServers).checks(), []healthcheck.Check{check(server(1)), check(server(2)), check(server(3))}; !slices.Equal(got, want) {
		t.Errorf("checks are %v, want %v", got, want)
	}
}
