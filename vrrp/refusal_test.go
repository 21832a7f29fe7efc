package vrrp

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestCheckRefuses(t *testing.T) {
	v2 := Config{VRID: 51, Version: 2, AdvertInterval: time.Second, Addresses: addrs("10.99.0.10")}
	pass := v2
	pass.Password = "secretpw"
	v3 := Config{VRID: 51, Version: 3, AdvertInterval: time.Second, Addresses: addrs("10.99.0.10")}
	const (
		plain  = "21 33 96 01 0001 0000 0a63000a 0000000000000000"
		secret = "21 33 96 01 0101 0000 0a63000a 7365637265747077"
		three  = "31 33 96 01 0064 0000 0a63000a"
	)
	tests := []struct {
		name   string
		cfg    Config
		wire   string
		change func(*Packet)
		want   error
	}{
		{"version 2", v2, plain, nil, nil},
		{"version 2 with password", pass, secret, nil, nil},
		{"version 3", v3, three, nil, nil},
		{"version 3 with another interval", v3, "31 33 96 01 0032 0000 0a63000a", nil, nil},
		{"other addresses", v3, "31 33 96 02 0064 0000 0a63000b 0a63000c", nil, nil},
		{"type 0 does not look at the data", v2, "21 33 96 01 0001 0000 0a63000a 0000000000000001", nil, nil},

		{"TTL before everything", v3, "", func(p *Packet) { p.TTL = 254 }, BadTTL},
		{"sent to the host", v3, three, func(p *Packet) { p.Destination = netip.MustParseAddr("10.99.0.2") }, BadDestination},
		{"empty", v3, "", nil, Truncated},
		{"version before the rest", v3, "21", nil, BadVersion},
		{"version 3 instead of 2", v2, three, nil, BadVersion},
		{"type", v3, "32 33 96 01 0064 0000 0a63000a", nil, BadType},
		{"short", v3, "31 33 96 01 0064 00", nil, Truncated},
		{"checksum before the VRID", v3, "31 34 96 01 0064 0000 0a63000a", func(p *Packet) { p.Payload[7] ^= 1 }, BadChecksum},
		{"VRID before the fields", v3, "31 34 96 00 0000 0000", nil, BadVRID},
		{"VRID of version 2", v2, "21 34 96 01 0105 0000 0a63000a 0000000000000000", nil, BadVRID},
		{"no addresses", v3, "31 33 96 00 0064 0000", nil, NoAddresses},
		{"interval 0", v3, "31 33 96 01 0000 0000 0a63000a", nil, BadInterval},
		{"password where none is", v2, secret, nil, BadAuthType},
		{"no password", pass, plain, nil, BadAuthType},
		{"wrong password", pass, "21 33 96 01 0101 0000 0a63000a 7365637265747078", nil, BadAuthData},
		{"version 2 with another interval", v2, "21 33 96 01 0002 0000 0a63000a 0000000000000000", nil, BadInterval},
		{"own packet", v3, three, func(p *Packet) { p.Source = netip.MustParseAddr("10.99.0.2") }, OwnSource},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Packet{Source: netip.MustParseAddr("10.99.0.1"), Destination: group4(), TTL: 255, Payload: unhex(tt.wire)}
			if len(p.Payload) >= headerLen {
				p.Payload = withChecksum(tt.wire, ChecksumMessage, p.Source, p.Destination)
			}
			if tt.change != nil {
				tt.change(&p)
			}
			var a Advertisement
			err := tt.cfg.check(&a, &p, netip.MustParseAddr("10.99.0.2"))
			if !errors.Is(err, tt.want) {
				t.Errorf("got %+v, %v; want %v", a, err, tt.want)
			}
		})
	}
}

func TestCheckOfTheEnvelope(t *testing.T) {
	peers := []Peer{{Addr: addr("10.99.0.1"), MaxTTL: 255}, {Addr: addr("10.98.0.1"), MinTTL: 60, MaxTTL: 63}}
	v3 := Config{VRID: 51, Version: 3, AdvertInterval: time.Second, Addresses: addrs("10.99.0.10")}
	group, unicast, open := v3, v3, v3
	group.Group = addr("224.0.0.99")
	unicast.Peers, unicast.CheckSource = peers, true
	open.Peers = peers
	v6 := Config{VRID: 51, Version: 3, IPv6: true, AdvertInterval: time.Second, Addresses: addrs("fe80::10")}
	unicast6 := v6
	unicast6.Peers, unicast6.CheckSource = []Peer{{Addr: addr("fe80::1%eth0")}}, true
	tests := []struct {
		name                string
		cfg                 Config
		source, destination string
		ttl                 uint8
		want                error
	}{
		{"multicast", v3, "10.99.0.1", "224.0.0.18", 255, nil},
		{"multicast over a router", v3, "10.99.0.1", "224.0.0.18", 254, BadTTL},
		{"unicast to a multicast router", v3, "10.99.0.1", "10.99.0.2", 255, BadDestination},
		{"another group", v3, "10.99.0.1", "224.0.0.99", 255, BadDestination},
		{"own group", group, "10.99.0.1", "224.0.0.99", 255, nil},
		{"not own group", group, "10.99.0.1", "224.0.0.18", 255, BadDestination},
		{"the other family", v3, "fe80::1", "ff02::12", 255, BadDestination},

		{"from a peer", unicast, "10.99.0.1", "10.99.0.2", 255, nil},
		{"from a peer, over routers", unicast, "10.99.0.1", "10.99.0.2", 1, nil},
		{"multicast to a unicast router", unicast, "10.99.0.1", "224.0.0.18", 255, BadDestination},
		{"not from a peer", unicast, "10.99.0.3", "10.99.0.2", 255, UnknownPeer},
		{"not from a peer, not checked", open, "10.99.0.3", "10.99.0.2", 64, nil},
		{"at the most hops", unicast, "10.98.0.1", "10.99.0.2", 60, nil},
		{"at the least hops", unicast, "10.98.0.1", "10.99.0.2", 63, nil},
		{"too far", unicast, "10.98.0.1", "10.99.0.2", 59, BadTTL},
		{"too near", unicast, "10.98.0.1", "10.99.0.2", 64, BadTTL},
		{"too far, sources not checked", open, "10.98.0.1", "10.99.0.2", 59, BadTTL},

		{"IPv6", v6, "fe80::1", "ff02::12", 255, nil},
		{"IPv6 over a router", v6, "fe80::1", "ff02::12", 64, BadTTL},
		{"IPv6 unicast", unicast6, "fe80::1", "fe80::2", 64, nil},
		{"IPv6 not from a peer", unicast6, "fe80::3", "fe80::2", 64, UnknownPeer},
		{"IPv4 to an IPv6 router", v6, "10.99.0.1", "224.0.0.18", 255, BadDestination},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Packet{Source: addr(tt.source), Destination: addr(tt.destination), TTL: tt.ttl}
			sent := Advertisement{Version: 3, VRID: 51, Priority: 100, Interval: time.Second, Addresses: addrs("10.99.0.10")}
			if p.Source.Is6() {
				sent.Addresses = addrs("fe80::10")
			}
			var err error
			if p.Payload, err = sent.Append(nil, p.Source, p.Destination); err != nil {
				t.Fatal(err)
			}
			var a Advertisement
			if err := tt.cfg.check(&a, &p, netip.Addr{}); !errors.Is(err, tt.want) {
				t.Errorf("got %+v, %v; want %v", a, err, tt.want)
			}
		})
	}
}

func TestLongPasswordIsCut(t *testing.T) {
	cfg := Config{Version: 2, Password: "0123456789"}
	if kind, data := cfg.auth(); kind != AuthPassword || string(data[:]) != "01234567" {
		t.Errorf("auth() = %d, %q", kind, data)
	}
}

func TestPasswordIsForVersion2Only(t *testing.T) {
	cfg := Config{Version: 3, Password: "secret"}
	if kind, data := cfg.auth(); kind != AuthNone || data != [8]byte{} {
		t.Errorf("auth() = %d, %q", kind, data)
	}
}

func TestOrderOfAddressesDoesNotMatter(t *testing.T) {
	cfg := Config{Addresses: addrs("192.0.2.1", "192.0.2.2")}
	for list, want := range map[string]bool{
		"192.0.2.1 192.0.2.2":           true,
		"192.0.2.2 192.0.2.1":           true,
		"192.0.2.1":                     false,
		"192.0.2.1 192.0.2.3":           false,
		"192.0.2.1 192.0.2.2 192.0.2.3": false,
	} {
		if got := cfg.sameAddresses(&Advertisement{Addresses: addrs(strings.Fields(list)...)}); got != want {
			t.Errorf("%s: %v, want %v", list, got, want)
		}
	}
}

func TestRefusalsHaveNames(t *testing.T) {
	seen := make(map[string]bool)
	for r := BadDestination; r < refusals; r++ {
		name := r.String()
		if strings.Contains(name, "(") || seen[name] {
			t.Errorf("refusal %d has the name %q", r, name)
		}
		seen[name] = true
		if want := "advertisement refused: " + name; r.Error() != want {
			t.Errorf("error %q, want %q", r.Error(), want)
		}
	}
}

// A difference of configuration is told of as what may make two masters; a broken, foreign or replayed packet is not.
func TestRefusalsThatSplit(t *testing.T) {
	var got []string
	for r := BadDestination; r < refusals; r++ {
		if r.splits() {
			got = append(got, r.String())
		}
	}
	want := "bad_destination unknown_peer bad_version bad_interval bad_auth_type bad_auth_data missing_hmac unknown_key stale_hmac bad_hmac"
	if text := strings.Join(got, " "); text != want {
		t.Errorf("got %s, want %s", text, want)
	}
}
