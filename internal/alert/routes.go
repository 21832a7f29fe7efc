package alert

// A wish is a sink that the configuration wants.
type wish struct {
	kind, name string
	route      route
}

// wishes are the sinks of a configuration.
func (d *Dispatcher) wishes(cfg Config) []wish {
	router := cfg.routerID()
	var all []wish
	if e := cfg.Email; e != nil {
		all = append(all, wish{"email", "", route{
			config:    []any{router, *e},
			wants:     e.Choice.wants,
			transport: &mailer{email: *e, router: router, services: d.services},
			digest:    e.Digest, perHour: e.MaxPerHour, most: queueSize, backoff: mailBackoff(),
		}})
	}
	for _, w := range cfg.Webhooks {
		all = append(all, wish{"webhook", w.Name, route{
			config:    []any{router, w},
			wants:     w.Selected.wants,
			transport: &hook{webhook: w, router: router},
			digest:    w.Digest, most: webhookEvents, backoff: webhookBackoff(),
		}})
	}
	for _, c := range cfg.Commands {
		all = append(all, wish{"command", c.Name, route{
			config:    []any{router, c},
			wants:     c.Selected.wants,
			transport: &program{command: c, router: router},
			most:      1,
		}})
	}
	return all
}
