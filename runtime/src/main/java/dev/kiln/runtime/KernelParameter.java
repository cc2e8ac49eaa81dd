package dev.kiln.runtime;

import dev.kiln.compiler.ir.DType;
import java.util.Optional;

/**
 * A parameter of a kernel, as its source declares it.
 *
 * @param isConstant whether it is annotated {@code tl.constexpr}
 * @param isConst whether it is annotated as a pointer to constant data
 * @param dtype the type that an annotation such as {@code tl.int64} fixes
 * @param specializeOnValue whether 1 becomes a constant and divisibility is noticed ({@code
 *     do_not_specialize} turns both off)
 * @param specializeOnAlignment whether divisibility by 16 is noticed
 * @param defaultValue the default, a Python value
 */
public record KernelParameter(
    String name,
    boolean isConstant,
    boolean isConst,
    Optional<DType> dtype,
    boolean specializeOnValue,
    boolean specializeOnAlignment,
    Optional<Object> defaultValue) {}
