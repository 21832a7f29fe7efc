package guardian

import "context"

// mend makes macvlans again that have gone with the interfaces below them, when
// these are back.
func (e *Engine) mend(ctx context.Context) {
	tried := make(map[string]int) // by macvlan: index of the interface below it
	for {
		all, changed := e.known.look()
		e.mu.Lock()
		wanting := false
		for _, m := range e.current.masters() {
			if m.VMAC == nil {
				continue
			}
			_, there := all[m.VMAC.Name]
			base := all[m.VMAC.Base].Index
			if !there && base != 0 && tried[m.VMAC.Name] != base {
				tried[m.VMAC.Name], wanting = base, true
			}
		}
		if wanting && e.ending == running {
			if err := e.system.Ensure(e.current.masters()); err != nil {
				e.log.Error("virtual MAC interfaces not made again", "err", err)
			}
		}
		e.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
