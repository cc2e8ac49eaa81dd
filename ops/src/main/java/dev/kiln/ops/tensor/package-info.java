/**
 * Tensors and their gradients: numbers on a device with a shape, the operations on them, the graph
 * that operations leave behind, and the backward pass through it.
 *
 * <p>Nothing is converted in silence: the operands of an operation have one dtype, or it fails and
 * asks for {@code to(...)}. The exceptions are numbers, which take the tensor's dtype (integers
 * take whole ones only), and a region of {@link Context#autocast}, whose policy says what is cast.
 *
 * <p>A {@link Context} holds everything that would otherwise be global: the device, launchers of
 * its kernels, scopes of memory, whether gradients are recorded, the autocast policy, the random
 * state. In come numbers and shapes; out go numbers and gradients. Uses {@code dev.kiln.kernels}
 * and {@code dev.kiln.runtime}; fused operations stand in {@code dev.kiln.ops.function} and are
 * made with {@link Operation}, as a user's own are.
 */
package dev.kiln.ops.tensor;
