package misc

import (
	"syscall"
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/script"
)

func weightIs(n int32) healthcheck.Result {
	return healthcheck.Result{Weight: healthcheck.Weight{Kind: healthcheck.WeightIs, N: n}}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		outcome script.Outcome
		dynamic bool
		want    healthcheck.Result
		err     string
	}{
		{script.Outcome{Last: "fine"}, false, healthcheck.Result{}, ""},
		{script.Outcome{Code: 1, First: "a", Last: "b"}, false, healthcheck.Result{}, "exit status 1: b"},
		{script.Outcome{Code: 2}, false, healthcheck.Result{}, "exit status 2"},
		{script.Outcome{Code: 255}, false, healthcheck.Result{}, "exit status 255"},
		{script.Outcome{}, true, healthcheck.Result{}, ""},
		{script.Outcome{Code: 1, Last: "b"}, true, healthcheck.Result{}, "exit status 1: b"},
		{script.Outcome{Code: 2}, true, weightIs(0), ""},
		{script.Outcome{Code: 10}, true, weightIs(8), ""},
		{script.Outcome{Code: 255}, true, weightIs(253), ""},
	}
	for _, tt := range tests {
		got, err := judge(tt.outcome, tt.dynamic)
		if got != tt.want || text(err) != tt.err {
			t.Errorf("%+v, dynamic %v: got %+v, %v, want %+v, %q", tt.outcome, tt.dynamic, got, err, tt.want, tt.err)
		}
	}
}

func TestJudgeNagios(t *testing.T) {
	tests := []struct {
		code  int
		first string
		want  healthcheck.Result
		err   string
	}{
		{0, "OK - load 0.1 | load1=0.1;4;8", healthcheck.Result{}, ""},
		{1, "WARNING - load 5 | load1=5;4;8", healthcheck.Result{Warning: "WARNING - load 5"}, ""},
		{1, "", healthcheck.Result{Warning: "warning"}, ""},
		{2, "CRITICAL - load 9|load1=9", healthcheck.Result{}, "CRITICAL - load 9"},
		{2, "", healthcheck.Result{}, "critical"},
		{3, "no such host", healthcheck.Result{}, "plugin cannot tell: no such host"},
		{3, "", healthcheck.Result{}, "plugin cannot tell"},
		{127, "", healthcheck.Result{}, "exit status 127"},
	}
	for _, tt := range tests {
		got, err := judgeNagios(script.Outcome{Code: tt.code, First: tt.first, Last: "long text"})
		if got != tt.want || text(err) != tt.err {
			t.Errorf("%d %q: got %+v, %v, want %+v, %q", tt.code, tt.first, got, err, tt.want, tt.err)
		}
	}
}

func TestKilled(t *testing.T) {
	tests := []struct {
		outcome script.Outcome
		want    string
	}{
		{script.Outcome{Code: -1, Signal: syscall.SIGSEGV}, "killed by SIGSEGV"},
		{script.Outcome{Code: -1, Signal: syscall.SIGABRT, Last: "assertion"}, "killed by SIGABRT: assertion"},
		{script.Outcome{Code: -1, Signal: 40}, "killed by signal 40"},
		{script.Outcome{Code: -1, Signal: syscall.SIGPIPE, Last: "y", Flooded: true}, "killed by SIGPIPE: wrote more than 1 MiB"},
	}
	for _, tt := range tests {
		if got := killed(tt.outcome).Error(); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.outcome, got, tt.want)
		}
	}
}

// text is the text of an error, "" for none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
