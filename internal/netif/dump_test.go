package netif

import (
	"errors"
	"testing"

	"github.com/vishvananda/netlink"
)

func TestDumpIsRepeatedWhenInterrupted(t *testing.T) {
	tests := []struct {
		name        string
		interrupted int
		want        error
	}{
		{"never", 0, nil},
		{"a few times", dumpAttempts - 1, nil},
		{"always", dumpAttempts, netlink.ErrDumpInterrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			left := tt.interrupted
			got, err := dump(func() ([]string, error) {
				if left > 0 {
					left--
					return []string{"incomplete"}, netlink.ErrDumpInterrupted
				}
				return []string{"complete"}, nil
			})
			if !errors.Is(err, tt.want) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
			if err == nil && (len(got) != 1 || got[0] != "complete") {
				t.Errorf("got %q, want the complete list", got)
			}
		})
	}
}

func TestDumpReturnsOtherErrorsAtOnce(t *testing.T) {
	calls := 0
	want := errors.New("refused")
	_, err := dump(func() ([]string, error) { calls++; return nil, want })
	if !errors.Is(err, want) || calls != 1 {
		t.Errorf("got error %v after %d calls, want %v after one", err, calls, want)
	}
}
