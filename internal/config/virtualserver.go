package config

import (
	"iter"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
)

// A service is a virtual server being read.
type service struct {
	c       *content
	vs      director.VirtualServer
	key     ipvs.Key
	inhibit bool
	timing  timing
	probes  []probe // the default probes of its real servers

	addressOK, kindOK bool // whether key and forward are to be relied on
	forward           ipvs.Forward
	weight            int  // of all real servers
	weightOK          bool // all weights are known
}

// decodeServices reads the virtual_server blocks.
func (l *loader) decodeServices(blocks iter.Seq[*hcl.Block]) {
	names := make(map[string]hcl.Range)
	keys := make(map[ipvs.Key]hcl.Range)
	for b := range blocks {
		name, at := label(b)
		l.checkName("virtual_server", name, at, names)
		s := l.decodeService(b)
		if _, ok := s.c.text("protocol"); ok && s.addressOK {
			at := s.c.where("address")
			if first, dup := keys[s.key]; dup {
				s.c.bad("address", "Duplicate service", "%s is already a service, at %s. Put the real servers into one of them, or change the address.", s.key, place(first))
			} else {
				keys[s.key] = at
			}
		}
		s.vs.Keys = []ipvs.Key{s.key}
		l.config.Director.VirtualServers = append(l.config.Director.VirtualServers, s.vs)
	}
}

// checkName reports a name that is empty, unprintable or taken.
func (l *loader) checkName(what, name string, at hcl.Range, seen map[string]hcl.Range) {
	if name == "" {
		l.errorAt(at, "Empty name", "A %s needs a name, for messages and commands. Write one between the quotes.", what)
		return
	}
	if strings.ContainsFunc(name, isControl) {
		l.errorAt(at, "Control character", "The name of this %s holds a control character. Only printable characters are allowed here.", what)
		return
	}
	if first, dup := seen[name]; dup {
		l.errorAt(at, "Duplicate name", "The %s %q is already defined at %s. Rename or remove one of them.", what, name, place(first))
		return
	}
	seen[name] = at
}

// decodeService reads one virtual_server block.
func (l *loader) decodeService(b *hcl.Block) *service {
	c := l.open(b, l.root.child("virtual_server"))
	s := &service{c: c, timing: c.timing(), weightOK: true}
	s.vs.Name = b.Labels[0]
	s.vs.Scheduler, _ = c.text("lb_algo")
	s.vs.Quorum, _ = c.number("quorum")
	s.vs.Alpha, _ = c.boolean("alpha")
	s.inhibit, _ = c.boolean("inhibit_on_failure")
	s.decodeKind()
	s.decodePersistence()
	s.decodeAddress()

	for p := range c.all("tcp_check") {
		s.probes = append(s.probes, l.decodeTCPCheck(p, c.spec.child("tcp_check")))
	}
	s.decodeRealServers()
	s.decodeSorryServer(c.one("sorry_server"))
	s.checkQuorum()
	return s
}

// decodeKind reads lb_kind.
func (s *service) decodeKind() {
	kind, ok := s.c.text("lb_kind")
	s.kindOK = ok
	switch kind {
	case "DR":
		s.forward = ipvs.DR
	case "TUN":
		s.forward = ipvs.Tunnel
	default:
		s.forward = ipvs.NAT
	}
}

// decodePersistence reads persistence_timeout.
func (s *service) decodePersistence() {
	d, _ := s.c.duration("persistence_timeout")
	if d%time.Second != 0 {
		s.c.bad("persistence_timeout", "Not in whole seconds", "persistence_timeout is %s; the kernel counts whole seconds. Write \"%ds\".", d, max(1, d/time.Second))
		return
	}
	s.vs.PersistenceTimeout = d
}

// decodeAddress reads address and protocol.
func (s *service) decodeAddress() {
	s.key.Protocol = ipvs.TCP
	if protocol, _ := s.c.text("protocol"); protocol == "UDP" {
		s.key.Protocol = ipvs.UDP
	}
	text, ok := s.c.text("address")
	if !ok {
		return
	}
	e, err := parseEndpoint(text)
	if err == nil {
		err = checkVirtual(e.addr)
	}
	if err != nil {
		s.c.bad("address", "Invalid address", "address: %s.", err)
		return
	}
	s.key.Addr, s.key.Port = e.addr, e.port
	s.key = s.key.Canonical()
	_, persistenceOK := s.c.duration("persistence_timeout")
	switch {
	case !e.hasPort:
		s.c.bad("address", "Address without a port", "address is %q. Write the port as well, such as \"%s\"; port 0 with persistence_timeout means all ports.", text, withPort(e.addr, 80))
	case e.port == 0 && persistenceOK && s.vs.PersistenceTimeout == 0:
		s.c.bad("address", "All ports without persistence", "Port 0 means all ports, and IPVS can do that only with persistence: a client's connections belong together then. Add persistence_timeout, or write one port.")
	default:
		s.addressOK = true
	}
}

// checkQuorum reports a virtual server without servers, and a quorum that
// cannot be reached.
func (s *service) checkQuorum() {
	servers := len(s.vs.RealServers)
	if servers == 0 && s.weightOK && s.c.complete && s.vs.SorryServer == nil {
		s.c.l.errorAt(s.c.at, "No real server", "%s has nobody to send connections to. Add a real_server or sorry_server, or remove it.", s.c.title)
	}
	if quorum, ok := s.c.number("quorum"); ok && quorum > 1 && s.weightOK && s.c.complete && quorum > s.weight {
		s.c.bad("quorum", "Quorum out of reach", "quorum is %d, but the weights of all real servers add up to %d. Lower it, or raise weights.", quorum, s.weight)
	}
}
