package dev.kiln.compiler.ptx;

import java.util.List;

/**
 * A kernel in PTX, before registers have names.
 *
 * @param params in order
 * @param target as {@code .target} names it: {@code sm_90a}
 * @param version of PTX: {@code 7.0}
 * @param threads of a block, along x ({@code .reqntid})
 * @param maxRegisters {@code .maxnreg}, or 0
 * @param helpers text of functions and declarations that stand before the entry, as printf needs
 */
public record PtxFunction(
    String name,
    List<Param> params,
    List<Node> body,
    String target,
    String version,
    int threads,
    int maxRegisters,
    List<String> helpers) {
  /** The same with another body. */
  public PtxFunction withBody(List<Node> nodes) {
    return new PtxFunction(name, params, nodes, target, version, threads, maxRegisters, helpers);
  }

  /**
   * A parameter of the entry.
   *
   * @param type as in {@code .param .b64}: {@code b64}; for bytes {@code b8}
   * @param count of elements of an array, or 0 for a single number
   */
  public record Param(String name, String type, int count, int alignment) {}
}
