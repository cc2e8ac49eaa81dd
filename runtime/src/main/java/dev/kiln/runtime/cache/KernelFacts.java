package dev.kiln.runtime.cache;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.KernelParameter;
import java.util.List;

/**
 * What launches of a kernel need to know of its source.
 *
 * @param closure digest of all that the kernel's meaning depends on, lines not among it; see {@link
 *     SourceClosure}
 * @param positions digest of the lines that the closure stands on
 * @param hasHeuristics whether it is decorated with {@code triton.heuristics}, whose functions are
 *     not stored
 * @param configs the configurations of {@code triton.autotune}; empty if it is not tuned, or they
 *     cannot be evaluated
 * @param tuningKey names of the parameters whose values choose the configuration
 */
public record KernelFacts(
    String name,
    byte[] closure,
    byte[] positions,
    List<KernelParameter> parameters,
    boolean hasHeuristics,
    List<TritonConfig> configs,
    List<String> tuningKey) {}
