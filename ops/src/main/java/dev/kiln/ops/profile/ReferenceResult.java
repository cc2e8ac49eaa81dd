package dev.kiln.ops.profile;

/**
 * How a library does the same.
 *
 * @param library its name
 * @param ratio its median time over Kiln's: above 1 where Kiln is faster
 * @param difference largest difference of its outputs from Kiln's, or from the definition in plain
 *     Java where that is at hand; NaN if it gives none
 */
public record ReferenceResult(String library, CallTime time, double ratio, double difference) {}
