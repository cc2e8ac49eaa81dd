/**
 * The device {@code cuda}: kernels as PTX on NVIDIA GPUs, through the driver API.
 *
 * <p>In come compiled kernels, PTX or binaries of others, and launches; out come results in device
 * memory, timings, and errors that say which launch failed. {@link
 * dev.kiln.runtime.cuda.CudaDriver} finds the GPUs, {@link dev.kiln.runtime.cuda.CudaDevice} is one
 * of them with its streams, buffers, modules and graphs; {@link
 * dev.kiln.runtime.cuda.DriverLibrary} loads the driver. Uses the binding in {@code driver}, {@code
 * runtime}, {@code runtime.gpu}, {@code runtime.cache} and the compiler; nothing of the simulator.
 */
package dev.kiln.runtime.cuda;
