package vrrp

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMain builds the program, unless LDIRECTOR_BIN names it, and lets more tests
// run at a time than there are processors: they wait for clocks most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", "14")
	}
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	if os.Getenv("LDIRECTOR_BIN") != "" || os.Geteuid() != 0 { // without root every test is skipped
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "ldirector-vrrp-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build builds the program into dir.
func build(dir string) error {
	bin := filepath.Join(dir, "ldirector")
	cmd := exec.Command("go", "build", "-o", bin, "../../cmd/ldirector")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return os.Setenv("LDIRECTOR_BIN", bin)
}
