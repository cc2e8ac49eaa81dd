/**
 * Asynchronous copies between global and shared memory: of loads that run ahead of their loop, by
 * {@code cp.async} of all threads or as tensor copies (TMA) of one, and of single blocks.
 *
 * <p>{@link PipelineEmitter} does what the plan of a loop says: buffers, waits, and copies for
 * iterations to come. Its instructions follow a protocol of their own, so no barriers are inserted
 * for them. See {@code docs/compiler-pipelines.md}.
 */
package dev.kiln.compiler.gpu.pipeline;
