package ldirectord

import (
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

// noNames knows no name.
type noNames struct{}

var errNoName = errors.New("there are no names. Write numbers")

func (noNames) Host(string, bool) (netip.Addr, error)  { return netip.Addr{}, errNoName }
func (noNames) Service(string, string) (uint16, error) { return 0, errNoName }

func TestFilesHost(t *testing.T) {
	for _, test := range []struct {
		name string
		six  bool
		want string // "": an error
	}{
		{"www.example.org", false, "192.0.2.10"},
		{"WWW", false, "192.0.2.10"},
		{"www.example.org", true, "2001:db8::10"},
		{"www6", true, "2001:db8::10"},
		{"www6", false, ""},
		{"web1", true, ""},
		{"192.0.2.10", false, ""},
	} {
		addr, err := testNames().Host(test.name, test.six)
		if got := addr.String(); err == nil && got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s (IPv6: %v): got %s, %v; want %q", test.name, test.six, got, err, test.want)
		}
	}
}

func TestFilesService(t *testing.T) {
	for _, test := range []struct {
		name, protocol string
		want           uint16 // 0: an error
	}{
		{"http", "tcp", 80},
		{"www", "tcp", 80},
		{"domain", "", 53},
		{"syslog", "udp", 514},
		{"syslog", "", 514},
		{"syslog", "tcp", 0},
		{"gopher", "", 0},
	} {
		port, err := testNames().Service(test.name, test.protocol)
		if port != test.want || (err == nil) != (test.want != 0) {
			t.Errorf("%s/%s: got %d, %v; want %d", test.name, test.protocol, port, err, test.want)
		}
	}
}

func TestFilesMissing(t *testing.T) {
	files := Files{Hosts: filepath.Join(t.TempDir(), "hosts"), Services: filepath.Join(t.TempDir(), "services")}
	_, hostErr := files.Host("www", false)
	_, serviceErr := files.Service("http", "tcp")
	for _, err := range []error{hostErr, serviceErr} {
		if err == nil || !strings.Contains(err.Error(), "Write numbers") {
			t.Errorf("got %v, want an error with a way out", err)
		}
	}
}
