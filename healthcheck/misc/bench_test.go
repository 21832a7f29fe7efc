package misc

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
)

// BenchmarkProbe measures the whole of a probe, with the CPU time of this
// process and of the programs.
func BenchmarkProbe(b *testing.B) {
	b.Run("static", func(b *testing.B) {
		nettest.Require(b, "busybox")
		busybox, err := os.ReadFile("/bin/busybox")
		if err != nil {
			b.Skip(err)
		}
		path := filepath.Join(b.TempDir(), "true")
		if err := os.WriteFile(path, busybox, 0o755); err != nil {
			b.Fatal(err)
		}
		benchmark(b, path)
	})
	b.Run("shell", func(b *testing.B) { benchmark(b, program(b, "exit 0")) })
	b.Run("shell with a child", func(b *testing.B) { benchmark(b, program(b, "/bin/true; exit 0")) })
}

func benchmark(b *testing.B, path string) {
	p := newProber(b, Config{Command: []string{path}})
	if err := p.Prepare(); err != nil {
		b.Fatal(err)
	}
	before := cpu(b)
	for b.Loop() {
		if _, err := p.Probe(b.Context(), target, healthcheck.Up); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpu returns the CPU time in nanoseconds of this process and its children.
func cpu(b *testing.B) int64 {
	b.Helper()
	var total int64
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var usage unix.Rusage
		if err := unix.Getrusage(who, &usage); err != nil {
			b.Fatal(err)
		}
		total += usage.Utime.Nano() + usage.Stime.Nano()
	}
	return total
}
