package metrics

import "github.com/ldirector/ldirector/director"

// tableSources tell of the kernel's table as a whole. There are none without
// IPVS.
func tableSources() []source {
	all := []source{
		{family{"ldirector_ipvs_counters_readable", gauge, nil, "1 if the kernel told what it counts. Otherwise that is missing here."},
			func(s *Snapshot, c *collected) { c.add(truth(s.Table.CountersErr == nil)) }},
		{family{"ldirector_ipvs_table_in_sync", gauge, nil, "1 if the kernel's table is as the director wants it, 0 if it cannot be read or written."},
			func(s *Snapshot, c *collected) { c.add(truth(s.Table.Error == "" && !s.Table.Synced.IsZero())) }},
		{family{"ldirector_ipvs_last_sync_timestamp_seconds", gauge, nil, "When the whole table was last found or made right."},
			func(s *Snapshot, c *collected) { c.moment(s.Table.Synced) }},
		{family{"ldirector_ipvs_settings_in_sync", gauge, nil, "1 if time-outs, sysctls and firewall marks are as configured."},
			func(s *Snapshot, c *collected) { c.add(truth(s.Table.Settings == "")) }},
		{family{"ldirector_ipvs_ledger_saved", gauge, nil, "1 if the file is up to date that lets services be cleaned up after a crash."},
			func(s *Snapshot, c *collected) { c.add(truth(s.Table.LedgerError == "")) }},
		{family{"ldirector_overrides_saved", gauge, nil, "1 if the file is up to date that lets operators' commands outlive a restart."},
			func(s *Snapshot, c *collected) { c.add(truth(s.Table.OverridesError == "")) }},
		{family{"ldirector_ipvs_operations_total", counter, []string{"object", "operation"}, "Changes that the director has made in the kernel's table."},
			collectOperations},
		{family{"ldirector_ipvs_operation_errors_total", counter, nil, "Changes that the kernel refused or did not answer."},
			func(s *Snapshot, c *collected) { c.count(s.Table.Work.Failed) }},
		{family{"ldirector_ipvs_reads_total", counter, nil, "How often the director read the whole table, to compare it."},
			func(s *Snapshot, c *collected) { c.count(s.Table.Work.Reads) }},
		{family{"ldirector_ipvs_read_errors_total", counter, nil, "How often it could not."},
			func(s *Snapshot, c *collected) { c.count(s.Table.Work.ReadsFailed) }},
		{family{"ldirector_ipvs_drift_repairs_total", counter, nil, "How often another program was found to have changed our services, which was repaired."},
			func(s *Snapshot, c *collected) { c.count(s.Table.Drift) }},
	}
	for i, collect := range all {
		all[i].collect = func(s *Snapshot, c *collected) {
			if s.Table != nil {
				collect.collect(s, c)
			}
		}
	}
	return all
}

func collectOperations(s *Snapshot, c *collected) {
	for _, o := range []struct {
		object string
		edits  director.Edits
	}{{"virtual_server", s.Table.Work.Services}, {"real_server", s.Table.Work.Destinations}} {
		c.count(o.edits.Created, o.object, "create")
		c.count(o.edits.Updated, o.object, "update")
		c.count(o.edits.Deleted, o.object, "delete")
	}
}
