package misc

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/script"
)

// judge takes exit statuses as keepalived does. In its man page's example
// status 10 sets a weight of 10; its code, and this, set 8.
func judge(o script.Outcome, dynamic bool) (healthcheck.Result, error) {
	switch {
	case o.Code == 0:
		return healthcheck.Result{}, nil
	case dynamic && o.Code >= 2:
		weight := healthcheck.Weight{Kind: healthcheck.WeightIs, N: int32(o.Code - 2)}
		return healthcheck.Result{Weight: weight}, nil
	default:
		return healthcheck.Result{}, failure(fmt.Sprintf("exit status %d", o.Code), o.Last)
	}
}

// judgeNagios takes the exit statuses and the output of a plugin as
// https://nagios-plugins.org/doc/guidelines.html has them: the first line is
// the summary, and what follows a bar is for machines.
func judgeNagios(o script.Outcome) (healthcheck.Result, error) {
	text, _, _ := strings.Cut(o.First, "|")
	text = strings.TrimSpace(text) // most begin with OK, WARNING, CRITICAL or UNKNOWN
	switch o.Code {
	case 0:
		return healthcheck.Result{}, nil
	case 1:
		return healthcheck.Result{Warning: cmp.Or(text, "warning")}, nil
	case 2:
		return healthcheck.Result{}, errors.New(cmp.Or(text, "critical"))
	case 3:
		return healthcheck.Result{}, failure("plugin cannot tell", text)
	default:
		return healthcheck.Result{}, failure(fmt.Sprintf("exit status %d", o.Code), text)
	}
}

// killed says what killed a program.
func killed(o script.Outcome) error {
	name := unix.SignalName(o.Signal)
	if name == "" {
		name = fmt.Sprintf("signal %d", o.Signal)
	}
	if o.Flooded {
		return fmt.Errorf("killed by %s: wrote more than 1 MiB", name)
	}
	return failure("killed by "+name, o.Last)
}

// failure joins what happened with what the program says of it.
func failure(what, text string) error {
	if text == "" {
		return errors.New(what)
	}
	return fmt.Errorf("%s: %s", what, text)
}
