package plan

// A Plan is what differs between a host and a configuration. Its JSON form is
// stable: fields may be added, none is renamed or removed.
type Plan struct {
	VirtualServers []VirtualServer `json:"virtual_servers"`
	Settings       []Argument      `json:"settings"`       // of the block ipvs, and firewall marks
	VRRPInstances  []Instance      `json:"vrrp_instances"` // known of a reload only
}

// An Action is what happens to an object.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// A VirtualServer is one IPVS service that changes. It is also there, as an
// Update without arguments, if only its real servers do.
type VirtualServer struct {
	Action      Action       `json:"action"`
	Name        string       `json:"name"`    // "" if the configuration does not know it
	Service     string       `json:"service"` // "TCP 192.0.2.1:80", "FWM 7"
	Arguments   []Argument   `json:"arguments"`
	RealServers []RealServer `json:"real_servers"`
}

// A RealServer is one real server that changes. A sorry server is one, too,
// while it is in the kernel's table.
type RealServer struct {
	Action    Action     `json:"action"`
	Address   string     `json:"address"`
	Arguments []Argument `json:"arguments"`
}

// An Argument is one value that changes, as it would be written in a file.
type Argument struct {
	Name string `json:"name"`
	From string `json:"from"` // "": it was not there
	To   string `json:"to"`   // "": it will not be there
}

// An Instance is a VRRP instance that changes. One that is updated keeps its
// state if it is still the same virtual router.
type Instance struct {
	Action Action `json:"action"`
	Name   string `json:"name"`
}

// Empty reports whether nothing changes.
func (p Plan) Empty() bool {
	return len(p.VirtualServers)+len(p.Settings)+len(p.VRRPInstances) == 0
}

// A Count is how many objects an action is for.
type Count struct{ Create, Update, Delete int }

// Count counts the objects of the plan; a virtual server of which only real
// servers change is none.
func (p Plan) Count() Count {
	var n Count
	for _, v := range p.VirtualServers {
		if v.Action != Update || len(v.Arguments) > 0 {
			n.add(v.Action)
		}
		for _, r := range v.RealServers {
			n.add(r.Action)
		}
	}
	for range p.Settings {
		n.add(Update)
	}
	for _, i := range p.VRRPInstances {
		n.add(i.Action)
	}
	return n
}

func (n *Count) add(a Action) {
	switch a {
	case Create:
		n.Create++
	case Update:
		n.Update++
	case Delete:
		n.Delete++
	}
}
