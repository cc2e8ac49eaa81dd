/**
 * Learning from rewards: environments, a replay of what happened, and deep Q-learning as a workload
 * that a trainer drives. In come an environment and networks, out comes a trained network. Uses
 * {@code train}, {@code optim}, {@code nn}, {@code function}, {@code tensor}, {@code checkpoint}
 * and seeds of {@code data}.
 */
package dev.kiln.ops.reinforce;
