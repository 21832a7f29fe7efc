package director

import (
	"log/slog"
	"time"
)

// A trouble is an error that lasts. It is logged when it comes, when it turns
// into another, and when it is over, but not at every retry.
type trouble struct {
	logged string
}

// note takes the error as it is now, nil for none.
func (t *trouble) note(log *slog.Logger, err error, retryIn time.Duration, begun, over string) {
	text := summary(err)
	if text == t.logged {
		return
	}
	t.logged = text
	if err == nil {
		log.Info(over) //nolint:sloglint // constants of the caller, as begun is
		return
	}
	log.Error(begun, "err", text, "retry_in", retryIn.Round(time.Millisecond)) //nolint:sloglint // see above
}
