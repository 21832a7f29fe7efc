package alert

import (
	"slices"

	"github.com/ldirector/ldirector/internal/api"
)

// Words of a [Selection] beside the kinds of events.
const (
	All      = "all"
	Warnings = "warnings" // and what says that they are over
)

// Kinds are the kinds of events that alerts can be sent for.
func Kinds() []string {
	return []string{
		"real_server_up", "real_server_down", "quorum_gained", "quorum_lost", "quorum_not_reached",
		"sorry_server_in", "sorry_server_out", "real_server_has_a_warning", "real_server_has_no_warning_any_more",
		"real_server_drains", "real_server_is_drained", "real_server_disabled", "real_server_enabled", "real_server_has_a_weight_by_command",
		"vrrp_state", "vrrp_sync_group_state", "vrrp_priority", "vrrp_conflict", "vrrp_conflict_over",
		"service_repaired", "service_contested", "service_left_alone_again",
		"started", "reload", "reload_refused", "command",
	}
}

// good are the kinds that say that something is well again. A transition of a
// virtual router is: it is away from what was before.
func good() []string {
	return []string{
		"real_server_up", "quorum_gained", "sorry_server_out", "real_server_has_no_warning_any_more",
		"vrrp_state", "vrrp_sync_group_state", "vrrp_conflict_over", "service_left_alone_again",
	}
}

// A Selection is a list of kinds, [All] or [Warnings] among them.
type Selection []string

// wants reports whether an event is selected.
func (s Selection) wants(e api.Event) bool {
	return slices.Contains(s, e.Kind) || slices.Contains(s, All) ||
		slices.Contains(s, Warnings) && (e.Warning || slices.Contains(good(), e.Kind))
}
