package syncdaemon

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A fakeKernel runs daemons as the kernel does, and notes what it is asked to do.
type fakeKernel struct {
	mu      sync.Mutex
	daemons map[ipvs.SyncRole]ipvs.SyncDaemon
	calls   []string
	looks   int
	err     error // of every call
	hang    bool  // until the context of the call is done
}

// set changes the fake from outside.
func (k *fakeKernel) set(change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change()
}

// call does what the kernel is asked to do, unless calls fail or hang.
func (k *fakeKernel) call(ctx context.Context, what string, do func() error) error {
	k.mu.Lock()
	hang := k.hang
	k.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if what == "" {
		k.looks++
	} else {
		k.calls = append(k.calls, what)
	}
	if k.err != nil {
		return k.err
	}
	return do()
}

func (k *fakeKernel) SyncDaemons(ctx context.Context) (running []ipvs.SyncDaemon, err error) {
	err = k.call(ctx, "", func() error {
		for _, role := range []ipvs.SyncRole{ipvs.SyncMaster, ipvs.SyncBackup} {
			if d, ok := k.daemons[role]; ok {
				running = append(running, d)
			}
		}
		return nil
	})
	return running, err
}

func (k *fakeKernel) StartSyncDaemon(ctx context.Context, d ipvs.SyncDaemon) error {
	return k.call(ctx, "start "+d.Role.String()+" "+d.Interface, func() error {
		if _, runs := k.daemons[d.Role]; runs {
			return errors.New("runs already")
		}
		d = d.Canonical()
		d.MaxLen = 1472
		k.daemons[d.Role] = d
		return nil
	})
}

func (k *fakeKernel) StopSyncDaemon(ctx context.Context, r ipvs.SyncRole) error {
	return k.call(ctx, "stop "+r.String(), func() error {
		delete(k.daemons, r)
		return nil
	})
}

// A play is a controller that runs in a bubble.
type play struct {
	*Controller
	t      *testing.T
	kernel *fakeKernel
	log    bytes.Buffer
	end    context.CancelFunc
	ended  chan error
}

func start(t *testing.T, cfg *Config, running ...ipvs.SyncDaemon) *play {
	p := &play{t: t, kernel: &fakeKernel{daemons: make(map[ipvs.SyncRole]ipvs.SyncDaemon)}, ended: make(chan error, 1)}
	for _, d := range running {
		d = d.Canonical()
		d.MaxLen = 1472
		p.kernel.set(func() { p.kernel.daemons[d.Role] = d })
	}
	p.Controller = New(p.kernel, slog.New(slog.NewTextHandler(&p.log, nil)))
	p.Set(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	p.end = cancel
	go func() { p.ended <- p.Run(ctx) }()
	synctest.Wait()
	return p
}

func (p *play) stop() error {
	p.end()
	return <-p.ended
}

// did checks the calls since the last check.
func (p *play) did(want ...string) {
	p.t.Helper()
	synctest.Wait()
	p.kernel.mu.Lock()
	defer p.kernel.mu.Unlock()
	if got := strings.Join(p.kernel.calls, ", "); got != strings.Join(want, ", ") {
		p.t.Errorf("did %q, want %q", got, want)
	}
	p.kernel.calls = nil
}

func vrrp(ifname string) *Config { return &Config{Interface: ifname, VRRPInstance: "VI_1"} }

func daemon(role ipvs.SyncRole, ifname string) ipvs.SyncDaemon {
	return ipvs.SyncDaemon{Role: role, Interface: ifname}
}

func TestTheNewRoleStartsBeforeTheOldOneStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, vrrp("eth1"))
		p.did("start backup eth1")
		p.SetMaster(true)
		p.did("start master eth1", "stop backup")
		p.SetMaster(true)
		p.did()
		p.SetMaster(false)
		p.did("start backup eth1", "stop master")
		if s := p.Status(); len(s.Running) != 1 || s.Running[0].Role != ipvs.SyncBackup || s.Err != nil {
			t.Errorf("status %+v", s)
		}
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		p.did("stop backup")
	})
}

func TestReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, &Config{Interface: "eth1"})
		p.did("start master eth1", "start backup eth1")
		p.Set(&Config{Interface: "eth1", Port: 8848, TTL: 1, Group: group4}) // the kernel's defaults
		p.did()
		p.Set(vrrp("eth2"))
		p.did("stop backup", "start backup eth2", "stop master")
		p.Set(nil)
		p.did("stop backup")
		p.kernel.set(func() { p.kernel.daemons[ipvs.SyncMaster] = daemon(ipvs.SyncMaster, "eth9") }) // not ours
		p.Set(nil)
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		p.did()
	})
}

func TestWithoutConfigurationNothingIsTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, nil, daemon(ipvs.SyncMaster, "eth1"))
		p.SetMaster(true)
		time.Sleep(time.Hour)
		if err := p.stop(); err != nil || p.kernel.looks > 0 {
			t.Errorf("error %v, %d looks", err, p.kernel.looks)
		}
		p.did()
	})
}

func TestRunningDaemonsAreAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, &Config{Interface: "eth1"}, daemon(ipvs.SyncMaster, "eth1"), daemon(ipvs.SyncBackup, "eth1"))
		p.did()
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		p.did("stop master", "stop backup")
	})
}

func TestKeptDaemonsOutliveTheController(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, &Config{Interface: "eth1"})
		p.did("start master eth1", "start backup eth1")
		p.SetKeep(true)
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		p.did()
	})
}

func TestADaemonThatSomebodyStopsComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, vrrp("eth1"))
		p.did("start backup eth1")
		p.kernel.set(func() { delete(p.kernel.daemons, ipvs.SyncBackup) })
		time.Sleep(recheck)
		p.did("start backup eth1")
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestErrorsAreTriedAgainAndToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, nil)
		p.kernel.set(func() { p.kernel.err = errors.New("no such interface") })
		p.Set(vrrp("eth1"))
		synctest.Wait()
		since := p.Status().Since
		time.Sleep(10 * time.Second) // looks after 0, 1, 3 and 7 seconds
		synctest.Wait()
		if s := p.Status(); s.Err == nil || !s.Since.Equal(since) || len(s.Want) != 1 {
			t.Errorf("status %+v, want an error since %v", s, since)
		}
		if p.kernel.looks != 4 {
			t.Errorf("%d looks, want 4", p.kernel.looks)
		}
		p.SetMaster(true) // at once
		synctest.Wait()
		if p.kernel.looks != 5 {
			t.Errorf("%d looks, want 5", p.kernel.looks)
		}
		p.kernel.set(func() { p.kernel.err = nil })
		time.Sleep(lastRetry)
		p.did("start master eth1")
		if s := p.Status(); s.Err != nil || len(s.Running) != 1 || s.Since.Equal(since) {
			t.Errorf("status %+v", s)
		}
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(p.log.String(), "no such interface"); n != 1 {
			t.Errorf("told %d times:\n%s", n, &p.log)
		}
		if !strings.Contains(p.log.String(), "are as they should be") {
			t.Errorf("the log does not say that it is over:\n%s", &p.log)
		}
	})
}

func TestTheEndDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, vrrp("eth1"))
		p.kernel.set(func() { p.kernel.hang = true })
		begin := time.Now()
		if err := p.stop(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(begin); took != exitTimeout {
			t.Errorf("took %v", took)
		}
	})
}

func TestTheEndDuringACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, vrrp("eth1"))
		p.kernel.set(func() { p.kernel.hang = true })
		p.SetMaster(true)
		synctest.Wait()
		p.end()
		synctest.Wait()
		p.kernel.set(func() { p.kernel.hang = false })
		time.Sleep(exitTimeout)
		<-p.ended
		if strings.Contains(p.log.String(), "canceled") {
			t.Errorf("the end is told as an error:\n%s", &p.log)
		}
	})
}
