package director

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ldirector/ldirector/director/ipvs"
)

func TestWorkCountsWhatTheKernelDid(t *testing.T) {
	d := destinations("1=1")[0]
	service := ipvs.Service{Key: key(1), Scheduler: "rr"}
	changes := []ipvs.Change{
		ipvs.AddService{Service: service},
		ipvs.AddDestination{Key: key(1), Destination: d},
		ipvs.AddDestination{Key: key(2), Destination: d},
		ipvs.UpdateService{Service: service},
		ipvs.UpdateDestination{Key: key(1), Destination: d},
		ipvs.DeleteDestination{Key: key(1), Addr: d.Addr},
		ipvs.DeleteService{Key: key(1)},
	}
	var w Work
	w.note(changes, nil, nil)
	refused := make(refusals)
	err := errors.Join(&ipvs.ChangeError{Change: changes[2], Err: errors.New("no")}, &ipvs.ChangeError{Change: changes[0], Err: errors.New("no")})
	refused.add(err)
	w.note(changes, refused, err)
	w.note(changes, nil, ipvs.ErrLostAnswer)
	want := Work{
		Services:     Edits{Created: 1, Updated: 2, Deleted: 2},
		Destinations: Edits{Created: 3, Updated: 2, Deleted: 2},
		Failed:       2 + uint64(len(changes)),
	}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Errorf("work (-want +got):\n%s", diff)
	}
}
