/**
 * Classical methods of machine learning: regression, clusters, neighbours, principal components,
 * trees, ratings, anomalies.
 *
 * <p>In come arrays of a device or rows of numbers, out go fitted models, most of them immutable.
 * What works on large arrays runs on kernels; trees, and whatever is sequential, is plain Java in
 * double precision. Every random choice comes from a seed: the same seed gives the same model, bit
 * for bit. May use {@code dev.kiln.kernels} and {@code dev.kiln.runtime}; prints nothing.
 */
package dev.kiln.ops.classical;
