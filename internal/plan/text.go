package plan

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes the plan for people: + is new, ~ changes, - goes.
func (p Plan) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, v := range p.VirtualServers {
		v.writeText(&b)
	}
	if len(p.Settings) > 0 {
		b.WriteString("~ ipvs {\n")
		for _, a := range p.Settings {
			fmt.Fprintf(&b, "    %s\n", a)
		}
		b.WriteString("  }\n")
	}
	for _, i := range p.VRRPInstances {
		fmt.Fprintf(&b, "%s vrrp_instance %q\n", i.Action.sign(), i.Name)
	}
	if p.Empty() {
		b.WriteString("Nothing to change: the kernel is as the configuration wants it.\n")
	} else {
		n := p.Count()
		fmt.Fprintf(&b, "\n%d to add, %d to change, %d to remove.\n", n.Create, n.Update, n.Delete)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (v VirtualServer) writeText(b *strings.Builder) {
	switch {
	case v.Action == Delete && v.Name == "":
		fmt.Fprintf(b, "- virtual_server # %s, not in the configuration\n", v.Service)
		return
	case v.Action == Delete:
		fmt.Fprintf(b, "- virtual_server %q # %s\n", v.Name, v.Service)
		return
	}
	fmt.Fprintf(b, "%s virtual_server %q { # %s\n", v.Action.sign(), v.Name, v.Service)
	for _, a := range v.Arguments {
		fmt.Fprintf(b, "    %s\n", a)
	}
	for _, r := range v.RealServers {
		fmt.Fprintf(b, "    %s real_server %q", r.Action.sign(), r.Address)
		if len(r.Arguments) > 0 {
			fmt.Fprintf(b, " { %s }", list(r.Arguments))
		}
		b.WriteString("\n")
	}
	b.WriteString("  }\n")
}

// list writes the arguments of a real server into one line, of which the
// first sign says what happens.
func list(args []Argument) string {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = a.Name + " = " + a.change()
	}
	return strings.Join(parts, ", ")
}

// String is the argument as a line of a plan: "~ weight = 1 -> 2".
func (a Argument) String() string {
	return action(a.From == "", a.To == "").sign() + " " + a.Name + " = " + a.change()
}

func (a Argument) change() string {
	switch {
	case a.From == "":
		return a.To
	case a.To == "":
		return a.From
	default:
		return a.From + " -> " + a.To
	}
}

func (a Action) sign() string {
	switch a {
	case Create:
		return "+"
	case Delete:
		return "-"
	case Update:
		return "~"
	default:
		return string(a)
	}
}
