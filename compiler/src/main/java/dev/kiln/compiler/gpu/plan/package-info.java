/**
 * What the back end decides before it emits: the layout of each tile, the form of each product, the
 * loops that are pipelined. Reads tile IR; knows nothing of PTX.
 */
package dev.kiln.compiler.gpu.plan;
