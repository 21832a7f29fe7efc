package config

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// defaultPersistence is keepalived's timeout for a persistence whose time is
// not written.
const defaultPersistence = 6 * time.Minute

// decodePersistence reads persistence_timeout, persistence_granularity and
// persistence_engine, and checks what all ports need.
func (s *service) decodePersistence() {
	s.vs.PersistenceTimeout = s.c.seconds("persistence_timeout")
	ok := !s.c.isWrong("persistence_timeout")
	text, granular := s.c.text("persistence_granularity")
	if granular {
		s.decodeGranularity(text)
		switch {
		case s.c.written("persistence_timeout") == nil:
			s.vs.PersistenceTimeout = defaultPersistence
		case ok && s.vs.PersistenceTimeout == 0:
			s.c.contradict("persistence_granularity", "persistence_timeout", "Without persistence nothing has to be remembered. Write a longer timeout, or remove persistence_granularity.")
		}
	}
	s.vs.PersistenceEngine, _ = s.c.text("persistence_engine")
	switch {
	case s.vs.PersistenceEngine == "" || !ok:
	case s.vs.PersistenceTimeout == 0:
		s.c.bad("persistence_engine", "Missing argument", "persistence_engine tells clients apart that persistence is to remember. Add persistence_timeout, or remove it.")
	case s.keys.ok && !s.keys.only(ipvs.UDP):
		s.needUDP("persistence_engine", "The kernel finds the call of a SIP message in UDP only.") // ip_vs_sip_fill_param
	}
	if s.keys.ok && s.keys.mark == 0 && s.keys.hasPort(0) && ok && s.vs.PersistenceTimeout == 0 {
		s.keys.ok = false
		name := "address"
		if s.c.given("addresses") {
			name = "addresses"
		}
		s.c.bad(name, "All ports without persistence", "Port 0 means all ports, and IPVS can do that only with persistence: a client's connections belong together then. Add persistence_timeout, or write one port.")
	}
}

// decodeGranularity reads persistence_granularity.
func (s *service) decodeGranularity(text string) {
	length, err := parseGranularity(text)
	most := 128
	if s.keys.has4 {
		most = 32
	}
	switch {
	case err != nil:
		s.c.bad("persistence_granularity", "Invalid granularity", "persistence_granularity: %s.", err)
	case strings.Contains(text, ".") && s.keys.has6:
		s.c.bad("persistence_granularity", "Invalid granularity", "persistence_granularity is an IPv4 netmask, and the virtual server has IPv6 clients. Write a prefix length such as \"64\".")
	case length > most && s.keys.ok:
		s.c.bad("persistence_granularity", "Invalid granularity", "persistence_granularity is %d, but an IPv4 address has 32 bits. Write a number from 1 to 32.", length)
	}
	s.vs.PrefixLen = uint8(length)
}

// parseGranularity reads a netmask or prefix length. The error is a sentence
// for users.
func parseGranularity(text string) (int, error) {
	if length, err := strconv.Atoi(text); err == nil && length >= 1 && length <= 128 && text[0] != '+' {
		return length, nil
	}
	mask, err := netip.ParseAddr(text)
	if err != nil || !mask.Is4() {
		return 0, fmt.Errorf("%q is neither a netmask nor a prefix length. Write for example \"255.255.255.0\", \"24\" or, for IPv6, \"64\"", text)
	}
	bytes := mask.As4()
	n := binary.BigEndian.Uint32(bytes[:])
	length := bits.LeadingZeros32(^n)
	if length == 0 || n<<length != 0 {
		return 0, fmt.Errorf("%q is not a netmask: all ones have to stand before all zeros, and there has to be one. Write for example \"255.255.255.0\"", text)
	}
	return length, nil
}
