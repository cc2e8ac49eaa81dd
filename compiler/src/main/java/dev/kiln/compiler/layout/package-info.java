/**
 * Layouts: linear maps over GF(2) that tell which thread holds which element of a tile, or where an
 * element lies in shared memory, and what follows from them. Knows nothing of PTX or of operations.
 */
package dev.kiln.compiler.layout;
