/**
 * Constants: one evaluator with Python's semantics.
 *
 * <p>In: expressions and simple functions as {@code syntax} has them, and an {@link
 * dev.kiln.compiler.python.Environment} that gives names their values. Out: Python values, or a
 * {@link dev.kiln.compiler.python.PythonError} with Python's name and message for what went wrong.
 * It serves constexpr arithmetic, pruning, default values, decorators, heuristics, tuning
 * configurations and grids. {@link dev.kiln.compiler.python.KernelDeclarations} says which kernels
 * a file declares and how. Uses {@code syntax} and {@code diagnostics}.
 *
 * <p>Values: {@code int} is a {@link java.lang.Long} if it fits, else a {@link
 * java.math.BigInteger}; {@code float} a {@link java.lang.Double}; {@code bool} a {@link
 * java.lang.Boolean}; {@code str} a {@link java.lang.String}; {@code None} is {@link
 * dev.kiln.compiler.python.PyNone#NONE}; {@code tuple}, {@code list}, {@code dict}, {@code set},
 * {@code range} and {@code slice} are {@code PyTuple}, {@code PyList}, {@code PyDict}, {@code
 * PySet}, {@code PyRange} and {@code PySlice}; functions are {@link
 * dev.kiln.compiler.python.PyCallable}s. Any other object stands for itself: it is true, equal to
 * what it {@code equals}, and prints as its {@code toString}; one that can do more is a {@link
 * dev.kiln.compiler.python.PyObject}.
 */
package dev.kiln.compiler.python;
