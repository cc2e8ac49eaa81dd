/** Loads, stores and atomics of global memory. */
package dev.kiln.compiler.gpu.memory;
