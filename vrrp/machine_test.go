package vrrp

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// A transcript in testdata is a script of events and, indented, what the machine answered:
//
//	# A comment, such as the section of the RFC.
//	config version=3 priority=100 advert=1s …
//	10ms recv from=192.0.2.2 priority=150
//	    advertise 100
//	    = BACKUP priority 100 master 192.0.2.2, timer at 3.609375s
//
// Times count from the start. "next timer" is a Timer event at the machine's deadline.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := play(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("run with -update and review (-want +got):\n%s", diff)
			}
		})
	}
}

// A player runs one transcript.
type player struct {
	machine *Machine
	cfg     Config
	out     strings.Builder
}

// epoch is the start of every transcript.
func epoch() time.Time { return time.Unix(0, 0) }

// play runs the events of a transcript and returns it with fresh answers.
func play(text string) (string, error) {
	var p player
	for n, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, "    ") {
			continue
		}
		fmt.Fprintln(&p.out, line)
		if err := p.line(line); err != nil {
			return "", fmt.Errorf("line %d: %q: %w", n+1, line, err)
		}
	}
	return p.out.String(), nil
}

func (p *player) line(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 || words[0] == "#" {
		return nil
	}
	if words[0] == "config" {
		return p.config(words[1:])
	}
	if p.machine == nil || len(words) < 2 {
		return fmt.Errorf("want config, or a time and an event")
	}
	now := p.machine.Deadline()
	if words[0] != "next" {
		offset, err := time.ParseDuration(words[0])
		if err != nil {
			return err
		}
		now = epoch().Add(offset)
	}
	ev, err := p.event(words[1], words[2:])
	if err != nil {
		return err
	}
	for _, a := range p.machine.Step(now, ev) {
		fmt.Fprintln(&p.out, "    "+describe(a))
	}
	p.state()
	return nil
}

// state prints the machine's state.
func (p *player) state() {
	m := p.machine
	fmt.Fprintf(&p.out, "    = %s priority %d", m.State(), m.Priority())
	if m.Master().IsValid() {
		fmt.Fprintf(&p.out, " master %s", m.Master())
	}
	if m.handover.running() {
		fmt.Fprintf(&p.out, ", hands over")
	}
	if d := m.Deadline(); !d.IsZero() && d.Sub(epoch()) < forever {
		fmt.Fprintf(&p.out, ", timer at %v", d.Sub(epoch()))
	}
	fmt.Fprintln(&p.out)
}

// config makes a machine. Its source address is 192.0.2.1 unless the line says otherwise.
func (p *player) config(words []string) error {
	p.cfg = Config{Name: "VI_1", Interface: "eth0", VRID: 51, Addresses: addrs("192.0.2.100")}
	source := netip.MustParseAddr("192.0.2.1")
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		var err error
		switch key {
		case "version":
			p.cfg.Version, err = strconv.Atoi(value)
		case "priority":
			p.cfg.Priority, err = parseUint8(value)
		case "advert":
			p.cfg.AdvertInterval, err = time.ParseDuration(value)
		case "nopreempt":
			p.cfg.NoPreempt = true
		case "preempt_delay":
			p.cfg.PreemptDelay, err = time.ParseDuration(value)
		case "down_adverts":
			p.cfg.DownAdverts, err = strconv.Atoi(value)
		case "no_lower_advert":
			p.cfg.NoLowerAdvert = true
		case "no_higher_advert":
			p.cfg.NoHigherAdvert = true
		case "owner_ignores":
			p.cfg.OwnerIgnores = true
		case "yield_address":
			p.cfg.OnAddressLoss = YieldAddress
		case "yield_conflict":
			p.cfg.OnConflict = YieldConflict
		case "dont_track_primary":
			p.cfg.DontTrackPrimary = true
		case "garp":
			p.cfg.GARP.Repeat, err = strconv.Atoi(value)
			p.cfg.GARP.LowerRepeat = p.cfg.GARP.Repeat
		case "delay":
			p.cfg.GARP.Delay, err = time.ParseDuration(value)
			p.cfg.GARP.LowerDelay = p.cfg.GARP.Delay
		case "refresh":
			p.cfg.GARP.RefreshRepeat = 1
			p.cfg.GARP.Refresh, err = time.ParseDuration(value)
		case "track", "script", "file":
			name, weight, _ := strings.Cut(value, ":")
			track := Tracker{Kind: trackerKind(key), Name: name}
			track.Weight, err = strconv.Atoi(weight)
			p.cfg.Trackers = append(p.cfg.Trackers, track)
		case "source":
			source, err = netip.ParseAddr(value)
		default:
			err = fmt.Errorf("unknown word %q", key)
		}
		if err != nil {
			return err
		}
	}
	p.machine = NewMachine(p.cfg)
	p.machine.Step(epoch(), SourceChanged{Source: source})
	return nil
}

func (p *player) event(name string, args []string) (Event, error) {
	switch name {
	case "startup":
		return Startup{}, nil
	case "shutdown":
		return Shutdown{}, nil
	case "timer":
		return Timer{}, nil
	case "resume":
		return Startup{Resume: true}, nil
	case "hold":
		d, err := time.ParseDuration(args[0])
		return Startup{NotBefore: epoch().Add(d)}, err
	case "abandon":
		return Abandon{}, nil
	case "release":
		return Release{}, nil
	case "preempt":
		return Preempt{}, nil
	case "lost":
		return AddressLost{Address: p.cfg.Addresses[0]}, nil
	case "claim":
		return Claimed{Claim{Interface: "eth0", Address: p.cfg.Addresses[0], MAC: args[0], Own: "02:00:00:00:00:05"}}, nil
	case "refused":
		addr, err := netip.ParseAddr(args[0])
		return Refused{Source: addr, Reason: BadVersion}, err
	case "priority":
		n, err := parseUint8(args[0])
		return SetPriority{n}, err
	case "groupfault":
		return GroupFault{Fault: args[0] == "on"}, nil
	case "link":
		if args[0] == p.cfg.Interface {
			return LinkChanged{Up: args[1] == "up"}, nil
		}
		return Tracked{Track{Kind: TrackInterface, Name: args[0], Value: state(args[1])}}, nil
	case "script":
		return Tracked{Track{Kind: TrackScript, Name: args[0], Value: state(args[1])}}, nil
	case "file":
		n, err := strconv.Atoi(args[1])
		return Tracked{Track{Kind: TrackFile, Name: args[0], Value: n}}, err
	case "source":
		if args[0] == "none" {
			return SourceChanged{}, nil
		}
		addr, err := netip.ParseAddr(args[0])
		return SourceChanged{Source: addr}, err
	case "recv":
		return p.received(args)
	default:
		return nil, fmt.Errorf("unknown event %q", name)
	}
}

func (p *player) received(args []string) (Event, error) {
	r := Received{Advertisement: &Advertisement{
		Version: p.cfg.Version, VRID: p.cfg.VRID, Interval: p.cfg.AdvertInterval, Addresses: p.cfg.Addresses,
	}}
	for _, w := range args {
		key, value, _ := strings.Cut(w, "=")
		var err error
		switch key {
		case "from":
			r.Source, err = netip.ParseAddr(value)
		case "priority":
			r.Advertisement.Priority, err = parseUint8(value)
		case "advert":
			r.Advertisement.Interval, err = time.ParseDuration(value)
		case "otherlist":
			r.OtherList = true
		default:
			err = fmt.Errorf("unknown word %q", key)
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

func parseUint8(s string) (uint8, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	return uint8(n), err
}

func trackerKind(word string) TrackerKind {
	if word == "track" {
		return TrackInterface
	}
	return TrackerKind("track_" + word)
}

func state(word string) int {
	if word == "up" {
		return 1
	}
	return 0
}

func describe(a Action) string {
	switch a := a.(type) {
	case Advertise:
		return fmt.Sprintf("advertise %d", a.Priority)
	case AddAddresses:
		return "add addresses"
	case RemoveAddresses:
		return "remove addresses"
	case Announce:
		return fmt.Sprintf("announce %d times", a.Rounds)
	case Probe:
		return "probe"
	case Notify:
		switch n := a.Notice; n.Kind {
		case StateChanged:
			return fmt.Sprintf("notify %s to %s", n.From, n.To)
		case HeardLower:
			return "notify a lower master"
		case PriorityChanged:
			return fmt.Sprintf("notify priority %d", n.Priority)
		case Conflict:
			return "notify conflict: " + n.Text
		default:
			return "notify conflict over: " + n.Text
		}
	default:
		return fmt.Sprintf("%#v", a)
	}
}
