// Command ldirector is an LVS director with health checking: it programs the
// kernel's IPVS tables from a configuration, probes the real servers, moves
// virtual addresses by VRRP and prepares back-ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/ldirector/ldirector/internal/status"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "unknown" //nolint:gochecknoglobals // the linker can set nothing else

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks for an orderly stop, the second one ends at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := newCommand(stdout, stderr)
	cmd.SetArgs(longVar(args))
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if msg := err.Error(); msg != "" {
		fmt.Fprintln(stderr, "ldirector:", status.PrintableLines(msg))
	}
	if errors.Is(err, errChanges) || errors.Is(err, errCannotLook) {
		return 2
	}
	return 1
}
