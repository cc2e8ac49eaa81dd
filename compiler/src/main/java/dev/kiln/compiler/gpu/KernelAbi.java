package dev.kiln.compiler.gpu;

import java.util.List;

/**
 * How a kernel is launched: what the simulator's and the driver's launchers share. {@code
 * docs/abi.md} explains it for launchers in other languages.
 *
 * @param entry the name in PTX
 * @param parameters in the order of the entry
 * @param threads of a block, along x: 32 for each warp
 * @param clusterBlocks blocks of a cluster along x; 1 without clusters
 * @param sharedBytes dynamic shared memory of a block
 * @param scratchBytesPerProgram global memory that the last parameter points to, for each program;
 *     0 if the kernel needs none
 */
public record KernelAbi(
    String entry,
    List<Parameter> parameters,
    int threads,
    int clusterBlocks,
    long sharedBytes,
    long scratchBytesPerProgram) {
  public KernelAbi {
    parameters = List.copyOf(parameters);
  }

  /**
   * A parameter of the entry.
   *
   * @param argument the index of the kernel's run-time argument that it is, in the order of {@link
   *     dev.kiln.compiler.ir.TileFunction#params()}; for a {@link Kind#TENSOR_MAP} the index of the
   *     descriptor's pointer; -1 for {@link Kind#SCRATCH}
   * @param offset in the parameter block, bytes
   * @param bytes 1 to 8, or 128 for a tensor map
   */
  public record Parameter(String name, Kind kind, int argument, int offset, int bytes) {}

  /** What a parameter holds. */
  public enum Kind {
    /** An address in global memory. */
    POINTER,
    /** A number, little endian. */
    SCALAR,
    /** A {@code CUtensorMap}, by value, aligned to 64 bytes. */
    TENSOR_MAP,
    /** The address of global scratch memory. */
    SCRATCH
  }
}
