package director

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTroubleIsLoggedWhenItChanges(t *testing.T) {
	log, text := logBuffer(slog.LevelDebug)
	var trouble trouble
	note := func(err error) { trouble.note(log, err, 100*time.Millisecond, "bad", "good") }
	note(nil)
	note(errors.New("a"))
	note(errors.New("a"))
	note(errors.Join(errors.New("a"), errors.New("b")))
	note(nil)
	note(nil)
	note(errors.New("a"))
	want := strings.TrimLeft(`
level=ERROR msg=bad err=a retry_in=100ms
level=ERROR msg=bad err="a; b" retry_in=100ms
level=INFO msg=good
level=ERROR msg=bad err=a retry_in=100ms
`, "\n")
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
