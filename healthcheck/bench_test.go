package healthcheck

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// serverVar makes this test binary the server of a benchmark, so that what it
// costs is not measured.
const serverVar = "HEALTHCHECK_BENCHMARK_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverVar) == "" {
		os.Exit(m.Run())
	}
	if err := serveBenchmark(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveBenchmark sends back what it gets, on one TCP and one UDP port of all
// addresses. It tells the ports and ends with its input.
func serveBenchmark() error {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	u, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return err
	}
	if err := errors.Join(replyFromWhereItCame(u), u.SetReadBuffer(4<<20)); err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	go func() {
		b, control := make([]byte, 2048), make([]byte, 128)
		for {
			n, c, _, from, err := u.ReadMsgUDPAddrPort(b, control)
			if err != nil {
				return
			}
			u.WriteMsgUDPAddrPort(b[:n], control[:c], from)
		}
	}()
	fmt.Println(l.Addr().(*net.TCPAddr).Port, u.LocalAddr().(*net.UDPAddr).Port)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// replyFromWhereItCame makes u tell the address that a datagram was for. The
// same control message makes that the source of a reply.
func replyFromWhereItCame(u *net.UDPConn) error {
	raw, err := u.SyscallConn()
	if err != nil {
		return err
	}
	ctlErr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_PKTINFO, 1) })
	return errors.Join(ctlErr, err)
}

// startServer starts serveBenchmark until the benchmark ends.
func startServer(b *testing.B) (tcp, udp uint16) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverVar+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	if _, err := fmt.Fscan(bufio.NewReader(stdout), &tcp, &udp); err != nil {
		b.Fatal(err)
	}
	return tcp, udp
}

// cpuTime returns the CPU time that this process has used, also in the kernel.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// perProbe reports the CPU time per probe since before.
func perProbe(b *testing.B, before time.Duration, probes uint64) {
	b.Helper()
	b.ReportMetric(float64(cpuTime(b)-before)/float64(time.Microsecond)/float64(probes), "cpu-µs/probe")
	b.ReportMetric(float64(probes)/b.Elapsed().Seconds(), "probes/s")
}

// BenchmarkConnect asks one target after the other in 16 goroutines, as fast
// as they can. The kernel's work on both ends of the connection is included.
func BenchmarkConnect(b *testing.B) {
	dial := func(ctx context.Context, t Target) error {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", t.Addr.String())
		if err != nil {
			return err
		}
		if err := c.(*net.TCPConn).SetLinger(0); err != nil {
			return err
		}
		return c.Close()
	}
	connect := func(ctx context.Context, t Target) error {
		_, err := TCP{}.Probe(ctx, t, Unknown)
		return err
	}
	for name, probe := range map[string]func(context.Context, Target) error{"dialer": dial, "prober": connect} {
		b.Run(name, func(b *testing.B) {
			checks := loopbackChecks(10_000, listenEverywhere(b), Timing{})
			before := cpuTime(b)
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					ctx, cancel := context.WithTimeout(b.Context(), 5*time.Second)
					if err := probe(ctx, checks[i%len(checks)].Spec().Target); err != nil {
						b.Error(err)
					}
					cancel()
				}
			})
			perProbe(b, before, uint64(b.N))
		})
	}
}

// A worker is a TCP connect that the engine knows nothing of.
type worker struct{}

func (worker) Kind() string { return "worker" }

func (worker) Probe(ctx context.Context, t Target, was State) (Result, error) {
	return TCP{}.Probe(ctx, t, was)
}

// BenchmarkEngine asks 10,000 targets at the rate that the name says, or as
// fast as the engine can. Use -benchtime=20000x -benchmem.
func BenchmarkEngine(b *testing.B) {
	tcp, udp := startServer(b)
	quiet := listenEverywhere(b)
	for _, bb := range []struct {
		name     string
		prober   Prober
		port     uint16
		interval time.Duration
	}{
		{"tcp/rate=1667", TCP{}, quiet, 6 * time.Second},
		{"tcp/rate=5000", TCP{}, quiet, 2 * time.Second},
		{"tcp/rate=max", TCP{}, quiet, slot},
		{"udp/rate=1667", UDP{RequireReply: true, Reply: "6b 65 6X"}, udp, 6 * time.Second},
		{"udp/rate=5000", UDP{RequireReply: true, Reply: "6b 65 6X"}, udp, 2 * time.Second},
		{"ping/rate=1667", Ping{}, 0, 6 * time.Second},
		{"ping/rate=5000", Ping{}, 0, 2 * time.Second},
		{"talk/rate=1667", hello(), tcp, 6 * time.Second},
		{"talk/rate=5000", hello(), tcp, 2 * time.Second},
		{"worker/rate=1667", worker{}, quiet, 6 * time.Second},
		{"worker/rate=5000", worker{}, quiet, 2 * time.Second},
	} {
		b.Run(bb.name, func(b *testing.B) {
			timing := Timing{Interval: bb.interval, Timeout: 5 * time.Second, Warmup: bb.interval}
			checks := loopbackChecks(10_000, bb.port, timing)
			for i := range checks {
				spec := checks[i].Spec()
				spec.Prober = bb.prober
				checks[i] = spec.Check()
			}
			e, stop := startEngine(b, Config{}, func(Update) {})
			b.ResetTimer()
			before := cpuTime(b)
			e.Set(checks)
			nettest.Eventually(b, 10*time.Minute, "all probes are done", func() error {
				if done := e.Stats().Done; done < uint64(b.N) {
					return fmt.Errorf("%d of %d done", done, b.N)
				}
				return nil
			})
			perProbe(b, before, e.Stats().Done)
			stop()
			b.ReportMetric(float64(e.Stats().Late), "late")
			if got := e.Stats(); got.Failed+got.Local != 0 {
				b.Errorf("stats %+v", got)
			}
		})
	}
}

// BenchmarkDetection tells how long it takes from the answer that takes a
// target down, or up, to the report.
func BenchmarkDetection(b *testing.B) {
	var sent atomic.Int64 // when the reply was sent
	start := time.Now()
	n := 0
	target := Target{Addr: udpServer(b, func([]byte) []byte {
		n++
		sent.Store(int64(time.Since(start)))
		return []byte{byte(n % 2)}
	})}
	took := make(chan time.Duration, 1)
	e, stop := startEngine(b, Config{}, func(Update) { took <- time.Since(start) - time.Duration(sent.Load()) })
	e.Set([]Check{Spec{Prober: UDP{RequireReply: true, Reply: "00"}, Target: target,
		Timing: Timing{Interval: time.Hour, Timeout: time.Minute}}.Check()})
	<-took
	var all []time.Duration
	for b.Loop() {
		e.Hurry(func(Check) bool { return true })
		all = append(all, <-took)
	}
	stop()
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2])/1000, "µs-median")
	b.ReportMetric(float64(all[len(all)*99/100])/1000, "µs-p99")
}

// BenchmarkMemory tells what a target costs that is not being asked: as a
// Check, and in the engine.
func BenchmarkMemory(b *testing.B) {
	const n = 10_000
	used := func() uint64 {
		runtime.GC()
		runtime.GC() // what unique has forgotten goes in the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		e := NewEngine(Config{}, func(Update) {}, slog.New(slog.DiscardHandler))
		before := used()
		checks := targets(n, TCP{}, Timing{Interval: time.Hour, Warmup: time.Hour})
		between := used()
		e.apply(checks)
		b.ReportMetric(float64(between-before)/n-8, "B/check") // without the slice
		b.ReportMetric(float64(used()-between)/n, "B/target")
		b.ReportMetric(float64(unsafe.Sizeof(entry{})), "B/entry")
		rested := used()
		for _, en := range e.entries {
			en.remember(0, nil, Timing{})
		}
		b.ReportMetric(float64(used()-rested)/n, "B/history")
		runtime.KeepAlive(e)
		runtime.KeepAlive(checks)
	}
}

// BenchmarkCheck tells what it costs to make a Check that is there already, and
// to look at it.
func BenchmarkCheck(b *testing.B) {
	spec := Spec{Prober: TCP{}, Target: Target{Addr: netip.MustParseAddrPort("192.0.2.1:80"), Device: "eth0"}}
	check := spec.Check()
	b.Run("make", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			spec.Check()
		}
	})
	b.Run("look", func(b *testing.B) {
		b.ReportAllocs()
		var sum time.Duration
		for b.Loop() {
			sum += check.Spec().Timing.Timeout
		}
	})
}
