package nettest

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"
	"time"
)

func TestAuthorityIssues(t *testing.T) {
	a := NewAuthority(t, t.TempDir())
	roots := x509.NewCertPool()
	ca, err := os.ReadFile(a.File)
	if err != nil || !roots.AppendCertsFromPEM(ca) {
		t.Fatalf("the authority's own certificate: %v", err)
	}
	tests := []struct {
		name, asked string
		lifetime    time.Duration
		ok          bool
	}{
		{"name", "www.example.org", time.Hour, true},
		{"address", "127.0.0.1", time.Hour, true},
		{"another name", "example.net", time.Hour, false},
		{"over", "www.example.org", -time.Hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pair, err := tls.LoadX509KeyPair(a.Issue(tt.lifetime, "www.example.org", "127.0.0.1"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: tt.asked, Roots: roots})
			if (err == nil) != tt.ok {
				t.Errorf("got %v, want valid = %v", err, tt.ok)
			}
		})
	}
}
