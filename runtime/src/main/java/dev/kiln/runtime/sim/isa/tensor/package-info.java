/**
 * Matrix instructions: {@code mma}, {@code wmma}, {@code wgmma}, {@code ldmatrix}, {@code
 * stmatrix}, {@code movmatrix}. In: {@link dev.kiln.runtime.sim.program.DecodeContext}. Out: steps
 * that all lanes of a warp take together.
 *
 * <p>Every form but {@code mma.m8n8k4} with f16 distributes matrices in the same way (PTX ISA
 * 9.7.14.5, 9.7.15.5.1.1): a register holds neighbours along k; lane {@code 4g + t} holds row g of
 * A, column g of B and, of C and D, columns 2t and 2t + 1 of row g; registers of A go down by eight
 * rows first, then on along k. Operands are unpacked into planes, one for each element of a
 * register, 32 lanes wide; B is laid out so that a row of it lines up with the lanes of an
 * accumulator. The product is then a loop over planes, with the Vector API where it is there, and
 * gives the same bits without.
 *
 * <p>{@code wmma} leaves open which lane holds which element; here it is the same distribution, and
 * registers beyond the elements repeat the first ones. Sparse forms, block scales and {@code
 * tcgen05} are not known.
 */
package dev.kiln.runtime.sim.isa.tensor;
