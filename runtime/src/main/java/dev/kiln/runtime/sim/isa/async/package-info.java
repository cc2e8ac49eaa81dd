/**
 * Copies beside the threads, and what says that they are done: {@code cp.async} and its groups,
 * {@code mbarrier}, bulk copies and reductions, tensor copies, and the few instructions that come
 * along with them ({@code mapa}, {@code setmaxnreg}). In: {@link
 * dev.kiln.runtime.sim.program.DecodeContext}. Out: steps.
 *
 * <p>An operation touches memory as late as the memory model lets it: a {@code cp.async} at the
 * wait that covers it, a bulk copy when the executor advances the cluster's {@link
 * dev.kiln.runtime.sim.exec.Background} or at a wait for its group. So a kernel that forgets a wait
 * sees old data. Addresses, sizes and alignments are checked when an operation is issued, where the
 * fault belongs to its instruction.
 */
package dev.kiln.runtime.sim.isa.async;
