/**
 * Parts of classical methods: distances, nearest centres and their means, residuals of known
 * ratings, and convolutions over the edges of a graph.
 *
 * <p>In come arrays of one device, out go numbers in arrays that the caller gives. May use the
 * other packages of kernels.
 */
package dev.kiln.kernels.classical;
