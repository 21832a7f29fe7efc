// Package alert sends events to people and programs elsewhere: by mail, as
// keepalived's smtp_alert does, by HTTP requests, and by commands.
//
// Each way out is a sink with a queue and a goroutine of its own. Whoever sends
// an event puts it into the queues of the sinks that want it, and goes on: a
// sink that is slow, or fails, delays neither the sender nor another sink. It
// tries again, less and less often, while its queue is bounded: what it cannot
// hold any more is counted, and the next delivery says how much that was.
//
// What concerns whom, what becomes one delivery, when that is due and what it
// says is decided in code without clocks and sockets. Edges carry it out.
package alert
