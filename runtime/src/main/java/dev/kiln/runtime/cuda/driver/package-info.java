/**
 * The CUDA driver API as {@code jextract} generates it from the toolkit's {@code cuda.h}: {@link
 * dev.kiln.runtime.cuda.driver.CudaHeader} has one static method per function and per constant, and
 * each C structure has a class of accessors over a {@link java.lang.foreign.MemorySegment}.
 *
 * <p>What is bound is listed in {@code src/main/jextract/cuda.includes}; the Maven profile {@code
 * jextract} writes these files anew. Nothing here decides anything: status codes are returned as
 * they are, addresses and handles are passed on. The driver itself is loaded by {@link
 * dev.kiln.runtime.cuda.DriverLibrary}, which must have succeeded before the first call. Uses no
 * other package.
 */
package dev.kiln.runtime.cuda.driver;
