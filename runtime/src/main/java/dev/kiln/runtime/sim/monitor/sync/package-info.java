/**
 * The sanitizer {@code sync}: misuse of barriers, member masks, groups of asynchronous operations,
 * mbarriers and registers of {@code wgmma}. In: events of the machine, and the text of
 * instructions. Out: findings. What cannot be executed at all is a fault with or without it.
 */
package dev.kiln.runtime.sim.monitor.sync;
