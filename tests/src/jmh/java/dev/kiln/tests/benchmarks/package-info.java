/**
 * What the product is measured by, and the program that makes the table of {@code
 * docs/benchmarks.md}: {@code mvn -q -Pbenchmarks -pl tests -am process-classes}.
 *
 * <p>Uses every module, JMH, and OpenBLAS by JavaCPP as the measure of matrix products.
 */
package dev.kiln.tests.benchmarks;
