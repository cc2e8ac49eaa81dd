/**
 * Emission: walks tile IR once and appends PTX for each operation, under a plan. The core is here;
 * families of operations have rooms of their own ({@code gpu.math}, {@code gpu.memory}, {@code
 * gpu.combine}, {@code gpu.dot}, {@code gpu.pipeline}).
 */
package dev.kiln.compiler.gpu.emit;
