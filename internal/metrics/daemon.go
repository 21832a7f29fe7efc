package metrics

import "runtime"

// daemonSources tell of the daemon as a whole.
func daemonSources() []source {
	return []source{
		{family{"ldirector_build_info", gauge, []string{"version", "go_version"}, "1, for the version of the program."},
			func(s *Snapshot, c *collected) { c.add(1, s.Version, runtime.Version()) }},
		{family{"ldirector_config_last_reload_successful", gauge, nil, "1 if the last configuration that was read is in force, 0 if it was refused."},
			func(s *Snapshot, c *collected) { c.add(truth(!s.Refused)) }},
		{family{"ldirector_config_load_timestamp_seconds", gauge, nil, "When the configuration in force was read."},
			func(s *Snapshot, c *collected) { c.moment(s.Loaded) }},
		{family{"ldirector_notify_dropped_total", counter, []string{"sink"}, "News of changes that were dropped, because whoever should hear them is behind or refuses them."},
			func(s *Snapshot, c *collected) {
				for _, sink := range s.Sinks {
					c.count(sink.Dropped, sink.Name)
				}
			}},
		{family{"ldirector_notify_delivered_total", counter, []string{"sink"}, "News of changes that were heard."},
			func(s *Snapshot, c *collected) {
				for _, sink := range s.Sinks {
					c.count(sink.Delivered, sink.Name)
				}
			}},
		{family{"ldirector_notify_waiting", gauge, []string{"sink"}, "News of changes that have not been heard yet."},
			func(s *Snapshot, c *collected) {
				for _, sink := range s.Sinks {
					c.add(float64(sink.Waiting), sink.Name)
				}
			}},
		{family{"ldirector_notify_failing", gauge, []string{"sink"}, "1 if the last attempt to tell of a change was not good, or nobody reads a FIFO."},
			func(s *Snapshot, c *collected) {
				for _, sink := range s.Sinks {
					c.add(truth(sink.Failing), sink.Name)
				}
			}},
		{family{"ldirector_metrics_read_duration_seconds", gauge, nil, "How long it took to read what the metrics tell, most of which is the kernel's table."},
			func(s *Snapshot, c *collected) { c.add(s.took.Seconds()) }},
		{family{"ldirector_metrics_left_out_series", gauge, nil, "Series of virtual servers and real servers that metrics.max_series leaves out."},
			func(s *Snapshot, c *collected) { c.add(float64(s.share().leftOut)) }},
	}
}
