/**
 * Known models as plain modules: perceptrons, convolutional networks, Transformers, recurrent
 * networks, vectors of words, factors of ratings. In come a context and sizes, out come modules to
 * train. Uses {@code nn}, {@code function} and {@code tensor}, and ratings of {@code data}.
 */
package dev.kiln.ops.model;
