package guardian

import (
	"testing"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

// The daemon need not know where VRRP runs.
func TestService(t *testing.T) {
	for _, role := range []string{"process", "local"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			a := s.node(1)
			first, second := router(200, 100*time.Millisecond), other(router(100, 100*time.Millisecond))
			first.Config.Trackers = []vrrp.Tracker{{Kind: vrrp.TrackScript, Name: "check", Weight: -50}}
			a.write(Setup{Routers: []Router{first}})
			daemon := a.start(role)
			daemon.await("VI_1 is MASTER")
			daemon.do("status", "VI_1 MASTER 200")
			daemon.do("down check", "done down check")
			daemon.do("status", "VI_1 MASTER 150")
			daemon.do("priority VI_1", "done priority VI_1")
			daemon.do("up check", "done up check")
			daemon.do("status", "VI_1 MASTER 7")
			daemon.do("release VI_1", "done release VI_1")
			daemon.do("preempt VI_1", "done preempt VI_1")
			daemon.do("release VI_9", `no vrrp_instance "VI_9"`)

			a.write(Setup{Routers: []Router{first, second}, Groups: []vrrp.GroupConfig{{Name: "G", Members: []string{"VI_1"}}}})
			daemon.do("reload", "done reload")
			daemon.await("VI_2 is MASTER")
			daemon.do("prepare", `two virtual routers with the name "VI_1"`)
			daemon.do("discard", "nothing was prepared")
			a.write(Setup{Routers: []Router{second}})
			daemon.do("reload", "done reload")
			if err := a.hasAddress(false); err != nil {
				t.Error(err)
			}
			daemon.do("status", "VI_2 MASTER 100")
			if role == "process" { // what is known of trackers and routers survives
				a.write(Setup{Routers: []Router{first}})
				daemon.do("reload", "done reload")
				daemon.do("down check", "done down check")
				before := len(daemon.Output())
				a.kill()
				daemon.awaitAfter(before, "VI_1 is MASTER")
				daemon.do("status", "VI_1 MASTER 150")
			}
			if err := daemon.Stop(patience); err != nil {
				t.Error(err)
			}
			a.awaitAlone()
		})
	}
}
