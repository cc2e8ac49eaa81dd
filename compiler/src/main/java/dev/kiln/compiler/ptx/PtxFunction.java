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

  /** How many instructions a body has, those inside loops and branches included. */
  public static int instructions(List<Node> nodes) {
    int count = 0;
    for (Node node : nodes) {
      count +=
          switch (node) {
            case Node.Instruction instruction -> 1;
            case Node.Loop loop -> instructions(loop.head()) + instructions(loop.tail());
            case Node.Branch branch ->
                instructions(branch.thenBody()) + instructions(branch.elseBody());
          };
    }
    return count;
  }

  /**
   * A parameter of the entry.
   *
   * @param type as in {@code .param .b64}: {@code b64}; for bytes {@code b8}
   * @param count of elements of an array, or 0 for a single number
   */
  public record Param(String name, String type, int count, int alignment) {}
}
