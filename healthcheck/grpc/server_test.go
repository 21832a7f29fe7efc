package grpc_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/ldirector/ldirector/healthcheck"
	probe "github.com/ldirector/ldirector/healthcheck/grpc"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

// ask probes a target that has all the time it needs.
func ask(t *testing.T, c probe.Config, addr netip.AddrPort) (healthcheck.Result, error) {
	t.Helper()
	p, err := probe.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return probetest.Ask(t.Context(), p, healthcheck.Target{Addr: addr})
}

// check fails the test unless err has the text, or is nil for "".
func check(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v, want success", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want %q", err, want)
	}
}

// startServer runs a gRPC server with the health service, or without for nil.
func startServer(t *testing.T, service healthpb.HealthServer, options ...grpc.ServerOption) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(options...)
	if service != nil {
		healthpb.RegisterHealthServer(s, service)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func TestServer(t *testing.T) {
	service := health.NewServer()
	service.SetServingStatus("example.Down", healthpb.HealthCheckResponse_NOT_SERVING)
	service.SetServingStatus("example.Unknown", healthpb.HealthCheckResponse_UNKNOWN)
	service.SetServingStatus(strings.Repeat("long", 200), healthpb.HealthCheckResponse_SERVING)
	addr := startServer(t, service)
	tests := []struct{ service, want string }{
		{"", ""},
		{"example.Down", "NOT_SERVING"},
		{"example.Unknown", "UNKNOWN"},
		{"example.Nowhere", "NOT_FOUND: unknown service"},
		{strings.Repeat("long", 200), ""},
	}
	for _, tt := range tests {
		t.Run(tt.service[:min(20, len(tt.service))], func(t *testing.T) {
			_, err := ask(t, probe.Config{Service: tt.service}, addr)
			check(t, err, tt.want)
		})
	}
	service.Shutdown()
	_, err := ask(t, probe.Config{}, addr)
	check(t, err, "NOT_SERVING")
	_, err = ask(t, probe.Config{}, startServer(t, nil))
	check(t, err, "UNIMPLEMENTED, the server has no grpc.health.v1.Health service: unknown service grpc.health.v1.Health")
}

// A witness is a health service that looks at who asks.
type witness struct {
	healthpb.UnimplementedHealthServer
	asked func(context.Context) error
}

func (w witness) Check(ctx context.Context, _ *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	if err := w.asked(ctx); err != nil {
		return nil, err
	}
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}, nil
}

func TestServerSeesAuthorityAndDeadline(t *testing.T) {
	var authority []string
	var left time.Duration
	addr := startServer(t, witness{asked: func(ctx context.Context) error {
		md, _ := metadata.FromIncomingContext(ctx)
		authority = md.Get(":authority")
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return nil
	}})
	_, err := ask(t, probe.Config{}, addr)
	check(t, err, "")
	if len(authority) != 1 || authority[0] != addr.String() {
		t.Errorf("authority %q, want %s", authority, addr)
	}
	if left <= 0 || left > time.Minute {
		t.Errorf("%v left, want at most the minute that the probe has", left)
	}
}

func TestErrorOfTheServer(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{status.Error(codes.Unavailable, "database: 100% full\nno löve\x1b[1m"), "UNAVAILABLE: database: 100% full no löve?[1m"},
		{status.Error(codes.PermissionDenied, ""), "PERMISSION_DENIED"},
		{status.Error(codes.Code(99), "odd"), "grpc-status 99: odd"},
		{status.Error(codes.Internal, strings.Repeat("x", 5000)), "INTERNAL: " + strings.Repeat("x", 160) + "…"},
	}
	for _, tt := range tests {
		_, err := ask(t, probe.Config{}, startServer(t, witness{asked: func(context.Context) error { return tt.err }}))
		if err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestTLS(t *testing.T) {
	authority := nettest.NewAuthority(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(authority.Issue(48*time.Hour, "grpc.example.org", "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	secure := startServer(t, health.NewServer(), grpc.Creds(credentials.NewServerTLSFromCert(&pair)))
	clear := startServer(t, health.NewServer())
	trusted := probetls.Config{Verify: true, CA: authority.File, ServerName: "grpc.example.org", SNI: true}
	wrongName := trusted
	wrongName.ServerName = "grpc.example.net"
	tests := []struct {
		name    string
		addr    netip.AddrPort
		config  probe.Config
		want    string
		warning string
	}{
		{"trusted", secure, probe.Config{TLS: true, TLSConfig: trusted}, "", ""},
		{"expires soon", secure, probe.Config{TLS: true, TLSConfig: probetls.Config{ExpiryWarning: 72 * time.Hour}}, "", "certificate expires in 1 day"},
		{"wrong name", secure, probe.Config{TLS: true, TLSConfig: wrongName}, "certificate is for", ""},
		{"wrong authority", secure, probe.Config{TLS: true, TLSConfig: probetls.Config{Verify: true}}, "unknown certificate authority", ""},
		{"TLS where none is", clear, probe.Config{TLS: true}, "TLS handshake", ""},
		{"none where TLS is", secure, probe.Config{}, "the server does", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result, err := ask(t, tt.config, tt.addr)
			if tt.name == "none where TLS is" {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			check(t, err, tt.want)
			if !strings.HasPrefix(result.Warning, tt.warning) || tt.warning == "" && result.Warning != "" {
				t.Errorf("warning %q, want %q", result.Warning, tt.warning)
			}
		})
	}
}

func TestWebServer(t *testing.T) {
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusNotFound) })
	old := httptest.NewServer(pages)
	defer old.Close()
	_, err := ask(t, probe.Config{}, netip.MustParseAddrPort(old.Listener.Addr().String()))
	check(t, err, "the server does not speak HTTP/2")

	oldTLS := httptest.NewTLSServer(pages)
	defer oldTLS.Close()
	_, err = ask(t, probe.Config{TLS: true}, netip.MustParseAddrPort(oldTLS.Listener.Addr().String()))
	check(t, err, "TLS handshake: the server says: no application protocol")

	modern := httptest.NewUnstartedServer(pages)
	modern.EnableHTTP2 = true
	modern.StartTLS()
	defer modern.Close()
	_, err = ask(t, probe.Config{TLS: true}, netip.MustParseAddrPort(modern.Listener.Addr().String()))
	check(t, err, "the server answers HTTP status 404")
}
