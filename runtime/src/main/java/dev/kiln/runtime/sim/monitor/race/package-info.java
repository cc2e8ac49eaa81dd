/**
 * The sanitizer {@code race}: unordered conflicting accesses to shared memory, and to global memory
 * within a launch, by the memory model of the PTX manual. In: events of memory, barriers, fences
 * and asynchronous operations. Out: findings.
 *
 * <p>A thread's {@link dev.kiln.runtime.sim.monitor.race.View} says whose accesses come before what
 * it does next: a vector clock over warps, with exceptions for single lanes. A {@link
 * dev.kiln.runtime.sim.monitor.race.Shadow} remembers for each word who wrote it last and who has
 * read it since. An access that conflicts with one of those is a race unless its view knows that
 * one, or both are strong and in each other's scope.
 *
 * <p>Where the manual is stricter than what kernels rely on, kernels are believed: a fence before a
 * barrier counts for the threads behind it; mbarriers reach the cluster whatever scope their
 * instructions name; lanes that write one place in one instruction do not race; a proxy fence may
 * lie anywhere between a write and the asynchronous operation that needs it.
 */
package dev.kiln.runtime.sim.monitor.race;
