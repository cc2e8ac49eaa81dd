/** The GPU back end: optimised tile IR to PTX. See {@code docs/compiler.md}. */
package dev.kiln.compiler.gpu;
