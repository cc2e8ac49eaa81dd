/**
 * Layers for sequences: attention and the blocks of Transformers, positions, recurrent layers.
 *
 * <p>Sequences are {@code batch x places x features} unless a layer says otherwise. Parameters have
 * PyTorch's names and shapes where it has the same layer. Uses {@code nn}, {@code function} and
 * {@code tensor}.
 */
package dev.kiln.ops.nn.sequence;
