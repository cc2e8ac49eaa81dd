/**
 * Data sets and what is done to samples before a model sees them.
 *
 * <p>In come files and bundled resources, out go images and labels in host memory. Whatever is
 * random follows an explicit seed. Uses {@code dev.kiln.runtime} for its exception only.
 */
package dev.kiln.ops.data;
