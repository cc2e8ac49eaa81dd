package dev.kiln.compiler.gpu;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ptx.PtxFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How a kernel is launched: what the simulator's and the driver's launchers share. {@code
 * docs/abi.md} explains it for launchers in other languages.
 *
 * @param entry the name in PTX
 * @param parameters in the order of the entry: the run-time arguments, then tensor maps, then
 *     scratch memory
 * @param threads of a block, along x: 32 for each warp
 * @param clusterBlocks blocks of a cluster along x; 1 without clusters
 * @param sharedBytes dynamic shared memory of a block
 * @param scratchBytesPerProgram global memory that the last parameter points to, for each program;
 *     0 if the kernel needs none. The memory of program (x, y, z) begins at so many times its
 *     number, {@code x + gridX * (y + gridY * z)}; the content is undefined, the whole is aligned
 *     to {@value #SCRATCH_ALIGNMENT} bytes
 */
public record KernelAbi(
    String entry,
    List<Parameter> parameters,
    int threads,
    int clusterBlocks,
    long sharedBytes,
    long scratchBytesPerProgram) {
  /** Size of a {@code CUtensorMap}. */
  public static final int TENSOR_MAP_BYTES = 128;

  /** Alignment of a {@code CUtensorMap}. */
  public static final int TENSOR_MAP_ALIGNMENT = 64;

  /** Parameters that every driver and version of PTX takes, in bytes. */
  static final int PARAMETER_BYTES = 4096;

  /** Parameters that PTX 8.1 takes, in bytes. */
  static final int MOST_PARAMETER_BYTES = 32_764;

  /** Alignment of global scratch memory. */
  public static final int SCRATCH_ALIGNMENT = 128;

  /** The name of the parameter that points to scratch memory. */
  public static final String SCRATCH_NAME = "scratch";

  public KernelAbi {
    parameters = List.copyOf(parameters);
  }

  /**
   * A parameter of the entry.
   *
   * @param name in PTX
   * @param argument the index of the kernel's run-time argument that it is, in the order of {@link
   *     TileFunction#params()}; for a {@link Kind#TENSOR_MAP} the index of the pointer to the
   *     tensor; -1 for {@link Kind#SCRATCH}
   * @param offset in the parameter block, bytes
   * @param bytes 1 to 8, or 128 for a tensor map
   * @param box what a tensor map copies at a time; empty for other kinds
   */
  public record Parameter(
      String name, Kind kind, int argument, int offset, int bytes, Optional<TensorBox> box) {
    /** A parameter that is no tensor map. */
    public Parameter(String name, Kind kind, int argument, int offset, int bytes) {
      this(name, kind, argument, offset, bytes, Optional.empty());
    }
  }

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

  /**
   * What one bulk copy of a tensor map brings: the box of {@code cuTensorMapEncodeTiled}. The other
   * arguments of that function follow from the descriptor that is passed; element strides are 1.
   *
   * @param dtype of the elements; 8-bit types count as unsigned bytes
   * @param extents outermost first, 1 to 256 each; one for each axis of the descriptor
   * @param swizzle bytes: 0, 32, 64 or 128
   * @param padWithNan whether elements outside the tensor are NaN rather than 0
   * @param tensor where the tensor's extents and then its strides (in elements) come from,
   *     outermost first; empty if they are the arguments behind the pointer, as with descriptors
   *     that the host makes
   */
  public record TensorBox(
      DType dtype, List<Integer> extents, int swizzle, boolean padWithNan, List<Source> tensor) {
    public TensorBox {
      extents = List.copyOf(extents);
      tensor = List.copyOf(tensor);
    }

    /** The box of a descriptor that the host makes. */
    public TensorBox(DType dtype, List<Integer> extents, int swizzle, boolean padWithNan) {
      this(dtype, extents, swizzle, padWithNan, List.of());
    }

    /**
     * The tensor's extents and then its strides, outermost first.
     *
     * @param pointer the index of the argument that points to the tensor
     */
    public List<Source> tensor(int pointer) {
      return tensor.isEmpty()
          ? IntStream.rangeClosed(1, 2 * extents.size())
              .mapToObj(i -> Source.argument(pointer + i))
              .toList()
          : tensor;
    }
  }

  /**
   * A number that a launcher knows.
   *
   * @param argument the index of a run-time argument, an integer; -1 for the number itself
   */
  public record Source(int argument, long number) {
    public static Source argument(int index) {
      return new Source(index, 0);
    }

    public static Source number(long number) {
      return new Source(-1, number);
    }

    public boolean isArgument() {
      return argument >= 0;
    }
  }

  /**
   * A tensor map that a kernel wants.
   *
   * @param argument the index of the pointer to the tensor among the run-time arguments
   */
  public record TensorMap(int argument, TensorBox box) {}

  /**
   * Lays the parameters of an entry out: each at the next multiple of its size, as PTX does.
   *
   * @param maps in the order of their parameters
   * @param scratch whether the kernel needs scratch memory
   */
  public static List<Parameter> layOut(
      TileFunction function, List<TensorMap> maps, boolean scratch) {
    List<Parameter> parameters = new ArrayList<>();
    int end = 0;
    for (int i = 0; i < function.params().size(); i++) {
      TileFunction.Param param = function.params().get(i);
      boolean pointer = param.value().type().isPointer();
      int bytes = pointer ? Long.BYTES : param.dtype().bytes();
      int offset = aligned(end, bytes);
      Kind kind = pointer ? Kind.POINTER : Kind.SCALAR;
      parameters.add(new Parameter(parameterName(function, i), kind, i, offset, bytes));
      end = offset + bytes;
    }
    for (int i = 0; i < maps.size(); i++) {
      TensorMap map = maps.get(i);
      int offset = aligned(end, TENSOR_MAP_ALIGNMENT);
      parameters.add(
          new Parameter(
              mapName(i),
              Kind.TENSOR_MAP,
              map.argument(),
              offset,
              TENSOR_MAP_BYTES,
              Optional.of(map.box())));
      end = offset + TENSOR_MAP_BYTES;
    }
    if (scratch) {
      int offset = aligned(end, Long.BYTES);
      parameters.add(new Parameter(SCRATCH_NAME, Kind.SCRATCH, -1, offset, Long.BYTES));
    }
    return parameters;
  }

  private static int aligned(int offset, int alignment) {
    return offset + alignment - 1 & -alignment;
  }

  /**
   * The name in PTX of a kernel: its own, if PTX takes it. Letters beyond ASCII become the hex
   * digits of their number, {@code _u00f6}, and names that are changed, reserved or used for other
   * things in modules begin with {@code kernel_}.
   */
  public static String entryName(TileFunction function) {
    String name = function.name();
    var ascii = new StringBuilder();
    name.codePoints()
        .forEach(
            letter -> {
              if (letter < 128) {
                ascii.append((char) letter);
              } else {
                ascii.append("_u%04x".formatted(letter));
              }
            });
    boolean isTaken =
        name.matches("_|WARP_SZ|vprintf|__assertfail|malloc|free|kiln_.*")
            || ascii.length() > name.length();
    return isTaken ? "kernel_" + ascii : name;
  }

  /** The name in PTX of a run-time argument: what PTX reserves never begins like it. */
  public static String parameterName(TileFunction function, int index) {
    String name = function.params().get(index).name();
    return "p" + index + "_" + name.replaceAll("[^A-Za-z0-9_]", "_");
  }

  /** The name in PTX of a tensor map, which counts from 0. */
  public static String mapName(int map) {
    return "map_" + map;
  }

  /** The parameters as PTX declares them. */
  public static List<PtxFunction.Param> declarations(List<Parameter> parameters) {
    return parameters.stream()
        .map(
            parameter ->
                parameter.kind() == Kind.TENSOR_MAP
                    ? new PtxFunction.Param(
                        parameter.name(), "b8", TENSOR_MAP_BYTES, TENSOR_MAP_ALIGNMENT)
                    : new PtxFunction.Param(
                        parameter.name(),
                        "b" + Byte.SIZE * parameter.bytes(),
                        0,
                        parameter.bytes()))
        .toList();
  }

  /** The size of the parameter block, without padding behind the last. */
  public int parameterBytes() {
    return bytes(parameters);
  }

  /** The size of a parameter block. */
  static int bytes(List<Parameter> parameters) {
    return parameters.isEmpty() ? 0 : parameters.getLast().offset() + parameters.getLast().bytes();
  }
}
