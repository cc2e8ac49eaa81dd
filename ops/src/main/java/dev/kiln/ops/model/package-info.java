/**
 * Known models as plain modules: perceptrons, convolutional networks, GPT. In come a context and
 * sizes, out come modules to train. Uses {@code nn}, {@code function} and {@code tensor}.
 */
package dev.kiln.ops.model;
