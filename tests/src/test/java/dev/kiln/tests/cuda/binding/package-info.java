/**
 * The binding of the CUDA driver against the toolkit's {@code cuda.h}, as the C compiler reads it,
 * and how the driver's library is found. In: the classes of {@code runtime.cuda.driver}. Out:
 * verdicts. Needs a C compiler and the header; where they are missing the tests are skipped, unless
 * {@code KILN_TEST_CUDA_HEADER} is set.
 */
package dev.kiln.tests.cuda.binding;
