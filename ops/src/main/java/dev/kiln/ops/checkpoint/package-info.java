/**
 * Files that keep what training has reached.
 *
 * <p>{@link Safetensors} holds named arrays, as other tools do; {@link Weights} puts a model's into
 * one and reads published ones through a {@link NameMap}. A {@link Checkpoint} is the whole state
 * of a run, of everything that is {@link Stateful}: written as a whole or not at all, checked as a
 * whole. {@link CheckpointFolder} keeps the last few. Uses {@code tensor} and {@code nn}.
 */
package dev.kiln.ops.checkpoint;
