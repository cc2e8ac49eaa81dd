/**
 * Matrix products, in the form that the plan has chosen: {@code mma.sync}, {@code wgmma} or
 * multiply-adds.
 *
 * <p>{@link DotEmitter} is the way in. {@code DotOperand} finds out where an operand is, in
 * registers or in shared memory, and brings it to where the instruction reads it; {@link
 * LoadedOperands} tells pipelines how tiles should lie. See {@code docs/compiler-dot.md}.
 */
package dev.kiln.compiler.gpu.dot;
