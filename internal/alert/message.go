package alert

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ldirector/ldirector/internal/api"
)

const (
	// maxLines is how many events, and how many virtual servers, a mail tells of
	// in a line of their own.
	maxLines = 100

	// maxSubject is how many characters a subject has.
	maxSubject = 150
)

// A Message is what one delivery says. Its JSON form is stable, as that of
// [api.Event] is: a webhook without a template sends it.
type Message struct {
	RouterID string         `json:"router_id"`
	Subject  string         `json:"subject"` // one line for people
	Warning  bool           `json:"warning"` // somebody should look
	Events   []api.Event    `json:"events"`
	LeftOut  map[string]int `json:"left_out"` // older events that could not wait, by kind
}

// newMessage is the message of a batch.
func newMessage(router string, b batch) Message {
	return Message{
		RouterID: router,
		Subject:  subject(router, b),
		Warning:  slices.ContainsFunc(b.events, func(e api.Event) bool { return e.Warning }),
		Events:   b.events,
		LeftOut:  b.left,
	}
}

// routerID is the name of this director in messages.
func (c Config) routerID() string {
	if c.RouterID != "" {
		return c.RouterID
	}
	host, err := os.Hostname()
	if err != nil {
		return "ldirector"
	}
	return host
}

// subject is what a mail is about: "[lvs1] real server 192.0.2.31:80 of web DOWN",
// or, for several events, how many of each kind.
func subject(router string, b batch) string {
	text := ""
	if len(b.events) == 1 && len(b.left) == 0 {
		text = headline(b.events[0])
	} else {
		counts := count(b.events)
		for kind, n := range b.left {
			counts[kind] += n
		}
		text = fmt.Sprintf("%d changes: %s", total(counts), summary(counts))
	}
	return shorten(line("["+router+"] "+text), maxSubject)
}

// headline says what has happened, and to whom, without the reason.
func headline(e api.Event) string {
	server := "real server " + e.RealServer + " of " + e.VirtualServer
	switch e.Kind {
	case "real_server_up":
		return server + " UP"
	case "real_server_down":
		return server + " DOWN"
	case "real_server_has_a_warning":
		return server + " has a warning"
	case "real_server_has_no_warning_any_more":
		return server + " has no warning any more"
	case "quorum_gained":
		return "virtual server " + e.VirtualServer + " UP"
	case "quorum_lost", "quorum_not_reached":
		return "virtual server " + e.VirtualServer + " DOWN"
	case "vrrp_state":
		return "VRRP instance " + e.Instance + " " + state(e.Text)
	case "vrrp_sync_group_state":
		return "VRRP sync group " + e.Instance + " " + state(e.Text)
	default:
		return strings.TrimSpace(about(e) + " " + e.Text)
	}
}

// state is what a transition like "MASTER, was BACKUP" leads to.
func state(text string) string {
	word, _, _ := strings.Cut(text, ",")
	if word == "INIT" {
		return "STOPPED"
	}
	return word
}

// about names what an event is about.
func about(e api.Event) string {
	switch {
	case e.RealServer != "":
		return e.RealServer + " of " + e.VirtualServer + ":"
	case e.VirtualServer != "":
		return e.VirtualServer + ":"
	case e.Instance != "":
		return e.Instance + ":"
	default:
		return ""
	}
}

// body is the text of a mail: what has happened, and how things are now.
func body(m Message, services []Service) string {
	var b strings.Builder
	for _, e := range m.Events[:min(len(m.Events), maxLines)] {
		mark := " "
		if e.Warning {
			mark = "!"
		}
		fmt.Fprintf(&b, "%s %s  %s\n", e.Time.Format("2006-01-02 15:04:05 -0700"), mark, line(strings.TrimSpace(about(e)+" "+e.Text)))
	}
	if more := m.Events[min(len(m.Events), maxLines):]; len(more) > 0 {
		fmt.Fprintf(&b, "and %d more: %s\n", len(more), summary(count(more)))
	}
	if len(m.LeftOut) > 0 {
		fmt.Fprintf(&b, "Before these, %d changes were too many to be kept: %s\n", total(m.LeftOut), summary(m.LeftOut))
	}
	if now := concerned(m.Events, services); len(now) > 0 {
		b.WriteString("\nNow:\n")
		for _, s := range now[:min(len(now), maxLines)] {
			fmt.Fprintf(&b, "  %s\n", line(s.String()))
		}
		if more := len(now) - maxLines; more > 0 {
			fmt.Fprintf(&b, "  and %d more\n", more)
		}
	}
	fmt.Fprintf(&b, "\nldirector on %s; \"ldirector status\" has more.\n", line(m.RouterID))
	return b.String()
}

// String says how the service is.
func (s Service) String() string {
	state := "up"
	switch {
	case s.SorryActive:
		state = "DOWN, the sorry server is in"
	case !s.QuorumUp:
		state = "DOWN, below its quorum"
	}
	return fmt.Sprintf("%s: %s (live weight %d, quorum %d)", s.Name, state, s.LiveWeight, s.Quorum)
}

// concerned are the services that events are about, those without a quorum
// first.
func concerned(events []api.Event, services []Service) []Service {
	names := make(map[string]bool)
	for _, e := range events {
		names[e.VirtualServer] = true
	}
	services = slices.DeleteFunc(slices.Clone(services), func(s Service) bool { return !names[s.Name] })
	slices.SortStableFunc(services, func(a, b Service) int { return cmp.Compare(rank(a), rank(b)) })
	return services
}

func rank(s Service) int {
	if s.QuorumUp {
		return 1
	}
	return 0
}

// line is a text without anything that could end a line, or a header, or that
// cannot be seen.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, " "))
}

// shorten cuts a text after so many characters.
func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// sample is a message with everything in it that templates have to cope with.
func sample() Message {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return newMessage(`lvs"1\`, batch{
		events: []api.Event{
			{Seq: 1, Time: at, Kind: "real_server_down", Warning: true, VirtualServer: `we"b`, RealServer: "192.0.2.31:80", Text: "real server down: \"tcp_check\": <refused> \\ \t"},
			{Seq: 2, Time: at, Kind: "vrrp_state", Instance: "VI_1", Text: "MASTER, was BACKUP"},
		},
		left: map[string]int{"real_server_up": 2},
	})
}
