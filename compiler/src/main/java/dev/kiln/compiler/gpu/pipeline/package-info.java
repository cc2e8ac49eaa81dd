/** Loops whose loads run ahead: asynchronous copies to shared memory. */
package dev.kiln.compiler.gpu.pipeline;
