/**
 * How long a launch would take at least on a GPU: a roofline with several roofs. In: {@link
 * dev.kiln.runtime.sim.monitor.count.Counters} of a launch, and the numbers of a GPU with their
 * sources. Out: a bound for each resource, the one that holds, and what was assumed.
 */
package dev.kiln.runtime.sim.roofline;
