/**
 * Listeners to what a launch does. In: events of the machine. Out: findings (sanitizers) and counts
 * (counters). A launch without listeners pays one null check for each event.
 */
package dev.kiln.runtime.sim.monitor;
