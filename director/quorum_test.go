package director

import (
	"testing"
)

func withSorryInhibit(v *VirtualServer) {
	withSorry(v)
	v.SorryServerInhibit = true
}

func TestHysteresis(t *testing.T) {
	five := "1=1 2=1 3=1 4=1 5=1"
	q32 := []edit{withSorry, withQuorum(3), withHysteresis(1)}
	const (
		up1234 = "1+ 2+ 3+ 4+"
		ups    = "up 1 first, up 2 first, up 3 first, up 4 first"
		gained = ", gained first, sorry out first"
		down   = " (tcp_check: connection refused)"
	)
	for _, c := range []poolCase{
		{name: "the quorum alone is not enough", servers: five, edits: q32, steps: "1+ 2+ 3+", want: "9=1",
			news: "up 1 first, up 2 first, up 3 first"},
		{name: "gained at quorum and hysteresis", servers: five, edits: q32, steps: up1234, want: "1=1 2=1 3=1 4=1", news: ups + gained},
		{name: "kept down to quorum less hysteresis", servers: five, edits: q32, steps: up1234 + " 1- 2-", want: "3=1 4=1",
			news: ups + gained + ", down 1" + down + ", down 2" + down},
		{name: "lost below", servers: five, edits: q32, steps: up1234 + " 1- 2- 3-", want: "9=1",
			news: ups + gained + ", down 1" + down + ", down 2" + down + ", down 3" + down + ", lost, sorry in"},
		{name: "a hysteresis as large as the quorum is one less", servers: "1=1 2=1 3=1", edits: []edit{withSorry, withQuorum(2), withHysteresis(9)},
			steps: "1+ 2+ 3+ 1- 2-", want: "3=1", news: "up 1 first, up 2 first, up 3 first" + gained + ", down 1" + down + ", down 2" + down},
		{name: "so that it is lost when nothing lives", servers: "1=1", edits: []edit{withSorry, withHysteresis(9)},
			steps: "1+ 1-", want: "9=1", news: "up 1 first" + gained + ", down 1" + down + ", lost, sorry in"},

		{name: "inhibited while it serves", servers: "1=1", edits: []edit{withSorryInhibit}, want: "9=1"},
		{name: "inhibited while it is not needed", servers: "1=1", edits: []edit{withSorryInhibit}, steps: "1+", want: "1=1 9=0", news: "up 1 first" + gained},
		{name: "inhibited where a real server is", servers: "1=1 9=4", edits: []edit{withSorryInhibit}, steps: "1+ 9+", want: "1=1 9=4",
			news: "up 1 first" + gained + ", up 9 first"},
		{name: "and where it is down", servers: "1=1 9=4", edits: []edit{withSorryInhibit}, steps: "1+", want: "1=1 9=0", news: "up 1 first" + gained},

		{name: "adopted between: real servers that serve had it", servers: five, edits: q32, kernel: "1=1 2=1", want: "1=1 2=1"},
		{name: "adopted between: a sorry server says they had not", servers: five, edits: append([]edit{withInhibit}, q32...), kernel: "1=0 2=0 3=0 9=1",
			steps: "1+ 2+ 3+", want: "1=0 2=0 3=0 4=0 5=0 9=1", news: "up 1 first, up 2 first, up 3 first"},
	} {
		t.Run(c.name, c.run)
	}
}
