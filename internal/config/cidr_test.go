package config

import (
	"math/big"
	"net/netip"
	"testing"
)

func TestHostAddress(t *testing.T) {
	for _, test := range []struct {
		prefix string
		number int64
		want   string // "": an error
	}{
		{"10.0.0.0/24", 0, "10.0.0.0"},
		{"10.0.0.77/24", 5, "10.0.0.5"}, // host bits do not matter
		{"10.0.0.0/24", 255, "10.0.0.255"},
		{"10.0.0.0/24", 256, ""},
		{"10.0.0.0/24", -1, "10.0.0.255"},
		{"10.0.0.0/24", -256, "10.0.0.0"},
		{"10.0.0.0/24", -257, ""},
		{"10.0.0.1/32", 0, "10.0.0.1"},
		{"10.0.0.1/32", 1, ""},
		{"0.0.0.0/0", -1, "255.255.255.255"},
		{"2001:db8::/64", 0x31, "2001:db8::31"},
		{"2001:db8::/64", -1, "2001:db8::ffff:ffff:ffff:ffff"},
		{"::/0", -1, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	} {
		got, err := hostAddress(netip.MustParsePrefix(test.prefix), big.NewInt(test.number))
		if (err != nil) != (test.want == "") || err == nil && got.String() != test.want {
			t.Errorf("hostAddress(%s, %d) = %s, %v; want %q", test.prefix, test.number, got, err, test.want)
		}
	}
}

func TestSubnetOf(t *testing.T) {
	for _, test := range []struct {
		prefix string
		bits   int
		number int64
		want   string
	}{
		{"10.1.0.0/16", 8, 25, "10.1.25.0/24"},
		{"10.1.2.3/16", 0, 0, "10.1.0.0/16"},
		{"10.1.0.0/16", 16, 65535, "10.1.255.255/32"},
		{"10.1.0.0/16", 8, 256, ""},
		{"10.1.0.0/16", 8, -1, ""},
		{"2001:db8::/32", 32, 1, "2001:db8:0:1::/64"},
		{"::/0", 128, 1, "::1/128"},
	} {
		got, err := subnetOf(netip.MustParsePrefix(test.prefix), test.bits, big.NewInt(test.number))
		if (err != nil) != (test.want == "") || err == nil && got.String() != test.want {
			t.Errorf("subnetOf(%s, %d, %d) = %s, %v; want %q", test.prefix, test.bits, test.number, got, err, test.want)
		}
	}
}
