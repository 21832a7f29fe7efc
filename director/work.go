package director

import "github.com/ldirector/ldirector/director/ipvs"

// Work counts what the director has done with the kernel's table.
type Work struct {
	Services, Destinations Edits
	Failed                 uint64 // edits that were refused, or of which it is not known whether they were made
	Reads                  uint64 // of the whole table
	ReadsFailed            uint64 // of them
}

// Edits count changes that the kernel has made.
type Edits struct{ Created, Updated, Deleted uint64 }

// note counts changes of which some were refused; err is that of all.
func (w *Work) note(changes []ipvs.Change, refused refusals, err error) {
	if err != nil && len(refused) == 0 {
		w.Failed += uint64(len(changes))
		return
	}
	for _, c := range changes {
		*w.edits(c)++
	}
	for _, errs := range refused {
		for _, err := range errs {
			*w.edits(err.Change)--
			w.Failed++
		}
	}
}

// edits is the counter of changes such as c.
func (w *Work) edits(c ipvs.Change) *uint64 {
	switch c.(type) {
	case ipvs.AddService:
		return &w.Services.Created
	case ipvs.UpdateService:
		return &w.Services.Updated
	case ipvs.DeleteService:
		return &w.Services.Deleted
	case ipvs.AddDestination:
		return &w.Destinations.Created
	case ipvs.UpdateDestination:
		return &w.Destinations.Updated
	case ipvs.DeleteDestination:
		return &w.Destinations.Deleted
	default:
		panic("director: unknown change")
	}
}
