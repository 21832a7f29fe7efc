package ldirectord

import "net/netip"

// Words of ldirectord.cf that decide about something.
const (
	protocolTCP  = "tcp"
	protocolUDP  = "udp"
	protocolMark = "fwm"

	methodGate = "gate"
	methodMasq = "masq"
	methodIPIP = "ipip"

	checkNegotiate    = "negotiate"
	checkConnect      = "connect"
	checkPing         = "ping"
	checkExternal     = "external"
	checkExternalPerl = "external-perl"
	checkOn           = "on"
	checkOff          = "off"
	checkCombined     = "combined" // a number: so many connects, then a negotiate

	serviceNone = "none"
)

// A file is a configuration as it is written.
type file struct {
	settings // at the top

	callback       string
	execute        []argument
	logfile        string
	maintenanceDir string
	mailFrom       string
	readdQuiescent bool
	autoreload     bool
	fork           bool
	fallback6      *fallback

	virtuals []*virtual
}

// The settings are the options that may stand both at the top and in a virtual.
// Numbers are in seconds where they are times; zero means not given.
type settings struct {
	lines map[string]int // of the options that are given

	checkTimeout     int
	negotiateTimeout int
	checkInterval    int
	checkCount       int
	failureCount     int

	quiescent       bool
	cleanStop       bool
	fallback        *fallback
	fallbackCommand string
	mailTo          string
	mailEvery       int
	mailStates      []string
	smtp            string
}

// has tells whether an option is given.
func (s *settings) has(option string) bool { return s.lines[option] != 0 }

// A virtual is a section virtual= or virtual6=.
type virtual struct {
	settings
	line int
	six  bool // virtual6

	broken bool // something in it could not be understood

	host, portName string // as written; "" for a mark
	mark           uint32 // 0: an address
	addr           netip.Addr
	port           uint16

	protocol     string
	service      string // "": by port
	checkType    string
	connects     int // between two negotiates, with checkCombined
	checkPort    uint16
	checkCommand string
	request      string
	receive      string
	httpMethod   string
	virtualHost  string
	login        string
	passwd       string
	database     string
	secret       string

	scheduler   string
	schedFlags  string
	persistent  int
	netmask     string
	ops         bool
	monitorFile string
	serviceName string
	comment     string

	reals []real
}

// A real is a real server. A range is one for each of its addresses.
type real struct {
	line   int
	addr   netip.Addr
	port   uint16 // 0: not given
	method string
	weight int
	lower  int
	upper  int

	hasPair          bool
	request, receive string // with hasPair
}

// A fallback is a fallback server.
type fallback struct {
	line     int
	host     string
	portName string // "" if not given
	method   string

	addr netip.Addr
}

// family names the address family for messages.
func (v *virtual) family() string {
	if v.six {
		return "IPv6"
	}
	return "IPv4"
}

// service returns the service that is checked: the one that is given, or else
// what ldirectord expects at the port.
func (v *virtual) checkedService() string {
	if v.service != "" {
		return v.service
	}
	if v.mark != 0 {
		return serviceNone
	}
	return serviceOf(v.port)
}

// A servicePort is a service that ldirectord knows, and where it expects it.
type servicePort struct {
	service string
	port    uint16
	named   bool // the port is also taken for a real server without one
}

func services() []servicePort {
	return []servicePort{
		{"ftp", 21, true}, {"smtp", 25, true}, {"dns", 53, false}, {"http", 80, true},
		{"pop", 110, true}, {"nntp", 119, false}, {"imap", 143, true}, {"ldap", 389, true},
		{"https", 443, true}, {"submission", 587, true}, {"ldaps", 636, true}, {"imaps", 993, true},
		{"pops", 995, true}, {"oracle", 1521, true}, {"radius", 1812, true}, {"http_proxy", 3128, true},
		{"mysql", 3306, true}, {"pgsql", 5432, true}, {"sip", 5060, true},
		{"simpletcp", 0, false}, {serviceNone, 0, false},
	}
}

// serviceOf returns the service that is expected at a port.
func serviceOf(port uint16) string {
	for _, s := range services() {
		if s.port == port && port != 0 {
			return s.service
		}
	}
	return serviceNone
}

// portOf returns the port where ldirectord asks a real server that has none, 0
// if it does not know.
func portOf(service string) uint16 {
	for _, s := range services() {
		if s.service == service && s.named {
			return s.port
		}
	}
	return 0
}
