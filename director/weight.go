package director

import "github.com/ldirector/ldirector/healthcheck"

// maxWeight is the largest weight that the kernel takes.
const maxWeight = 1<<31 - 1

// A weighing adds up what the good checks of a real server say of its weight.
//
// Each weight in place of the configured one counts as its difference from
// that, and each offset as it is, so that several sources add up (keepalived
// does so with misc_dynamic and the files of FILE_CHECK). The percentages then
// scale the sum, one after the other: a server at 50% of 50% gets a quarter.
// What comes out is a weight from 0 to 2³¹-1. A percentage leaves at least 1
// of what is more than 0, unless it is 0%.
type weighing struct {
	offset   int64
	percents []int32
}

// add takes what one check says.
func (w *weighing) add(configured uint32, said healthcheck.Weight) {
	switch said.Kind {
	case healthcheck.WeightIs:
		w.offset += int64(said.N) - int64(configured)
	case healthcheck.WeightOffset:
		w.offset += int64(said.N)
	case healthcheck.WeightPercent:
		w.percents = append(w.percents, said.N)
	case healthcheck.NoWeight:
	}
}

// of returns the weight of a server.
func (w *weighing) of(configured uint32) uint32 {
	weight := bounded(int64(configured) + w.offset)
	for _, percent := range w.percents {
		scaled := bounded((weight*int64(percent) + 50) / 100)
		if scaled == 0 && weight > 0 && percent > 0 {
			scaled = 1
		}
		weight = scaled
	}
	return uint32(weight)
}

func bounded(weight int64) int64 {
	return min(max(weight, 0), maxWeight)
}
