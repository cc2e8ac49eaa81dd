/**
 * Counters of a launch, exact and the same on every machine: what its instructions are, which
 * sectors and banks their accesses touch. In: events of the machine. Out: {@link Counters} in the
 * report, and texts made of them. Each host thread counts for itself; sums and unions are made when
 * the launch has ended.
 */
package dev.kiln.runtime.sim.monitor.count;
