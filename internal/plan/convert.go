package plan

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
)

// New puts a director's plan into words.
func New(p director.Plan) Plan {
	plan := Plan{VirtualServers: make([]VirtualServer, 0, len(p.Services)), Settings: []Argument{}, VRRPInstances: []Instance{}}
	for _, s := range p.Services {
		plan.VirtualServers = append(plan.VirtualServers, newVirtualServer(s))
	}
	return plan
}

func newVirtualServer(s director.ServicePlan) VirtualServer {
	v := VirtualServer{
		Action:      action(s.Have == nil, s.Want == nil),
		Name:        s.Name,
		Service:     s.Key.String(),
		Arguments:   differences(describe(s.Have, serviceWords), describe(s.Want, serviceWords)),
		RealServers: make([]RealServer, 0, len(s.Destinations)),
	}
	for _, d := range s.Destinations {
		v.RealServers = append(v.RealServers, newRealServer(d))
	}
	return v
}

func newRealServer(d director.DestinationPlan) RealServer {
	there := d.Want
	if there == nil {
		there = d.Have
	}
	return RealServer{
		Action:    action(d.Have == nil, d.Want == nil),
		Address:   Endpoint(there.Addr),
		Arguments: differences(describe(d.Have, destinationWords), describe(d.Want, destinationWords)),
	}
}

// Endpoint writes the address of a real server as a configuration does: without
// port 0, which stands for the service's.
func Endpoint(a netip.AddrPort) string {
	if a.Port() == 0 {
		return a.Addr().String()
	}
	return a.String()
}

func action(fresh, gone bool) Action {
	switch {
	case fresh:
		return Create
	case gone:
		return Delete
	default:
		return Update
	}
}

// A word is an argument with its value.
type word struct{ name, value string }

// describe returns the words of an object, none of nil. Each list has the same
// names in the same order.
func describe[T any](object *T, words func(T) []word) []word {
	if object == nil {
		return nil
	}
	return words(*object)
}

// differences lists what is not the same. Of an object that is deleted nothing
// is listed.
func differences(have, want []word) []Argument {
	changed := []Argument{}
	for i, w := range want {
		var was word
		if have != nil {
			was = have[i]
		}
		switch {
		case was.value == "" && w.value == "", was == w:
		case was.value != "" && w.value != "" && was.name != w.name: // a flag of another scheduler
			changed = append(changed, Argument{Name: was.name, From: was.value}, Argument{Name: w.name, To: w.value})
		case w.value == "":
			changed = append(changed, Argument{Name: was.name, From: was.value})
		default:
			changed = append(changed, Argument{Name: w.name, From: was.value, To: w.value})
		}
	}
	return changed
}

// serviceWords describes the settings of a service. What has its default is "".
func serviceWords(s ipvs.Service) []word {
	return append([]word{
		{"lb_algo", strconv.Quote(s.Scheduler)},
		{"persistence_timeout", seconds(s.Timeout)},
		{"persistence_granularity", granularity(s)},
		{"persistence_engine", text(s.PersistenceEngine)},
		{"ops", boolean(s.Flags&ipvs.OnePacket != 0)},
	}, flagWords(s)...)
}

// flagWords describes the flags by the names that the scheduler has for them.
func flagWords(s ipvs.Service) []word {
	names := [...]string{"flag_1", "flag_2", "flag_3"}
	if s.Scheduler == "sh" || s.Scheduler == ipvs.SchedulerMH {
		names[0], names[1] = s.Scheduler+"_fallback", s.Scheduler+"_port"
	}
	var words []word
	for i, flag := range [...]ipvs.Flags{ipvs.SchedFlag1, ipvs.SchedFlag2, ipvs.SchedFlag3} {
		words = append(words, word{names[i], boolean(s.Flags&flag != 0)})
	}
	return words
}

func destinationWords(d ipvs.Destination) []word {
	return []word{
		{"lvs_method", strconv.Quote(d.Forward.String())},
		{"weight", strconv.FormatUint(uint64(d.Weight), 10)},
		{"tun_type", tunnelType(d)},
		{"tun_port", number(uint32(d.Tunnel.Port))},
		{"tun_csum", checksum(d.Tunnel.Checksum)},
		{"uthreshold", number(d.UpperThreshold)},
		{"lthreshold", number(d.LowerThreshold)},
	}
}

func tunnelType(d ipvs.Destination) string {
	switch d.Tunnel.Type {
	case ipvs.GUE:
		return `"gue"`
	case ipvs.GRE:
		return `"gre"`
	case ipvs.IPIP:
		return ""
	default:
		return strconv.Itoa(int(d.Tunnel.Type))
	}
}

func checksum(c ipvs.TunnelChecksum) string {
	switch c {
	case ipvs.Checksum:
		return `"csum"`
	case ipvs.RemoteChecksum:
		return `"remcsum"`
	case ipvs.NoChecksum:
		return ""
	default:
		return strconv.Itoa(int(c))
	}
}

// granularity is the netmask of an IPv4 service and the prefix length of an
// IPv6 one, "" for whole addresses.
func granularity(s ipvs.Service) string {
	switch {
	case s.PrefixLen == 0:
		return ""
	case s.Family == ipvs.INET && s.PrefixLen < 32:
		return strconv.Quote(net.IP(net.CIDRMask(int(s.PrefixLen), 32)).String())
	case s.Family == ipvs.INET6 && s.PrefixLen < 128:
		return strconv.Quote(strconv.Itoa(int(s.PrefixLen)))
	case s.PrefixLen == 32 || s.PrefixLen == 128:
		return ""
	default:
		return `"odd"` // set by another program to what is no prefix
	}
}

func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf(`"%ds"`, d/time.Second)
}

func number(n uint32) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}

func text(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}

func boolean(b bool) string {
	if !b {
		return ""
	}
	return "true"
}
