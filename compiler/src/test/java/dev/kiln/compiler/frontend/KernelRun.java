package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Compiler;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.eval.Allocation;
import dev.kiln.compiler.eval.Evaluator;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.SegmentMemory;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Verifier;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;
import dev.kiln.compiler.python.KernelFiles;
import dev.kiln.compiler.syntax.ImportResolver;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a kernel body on arrays with the evaluator: {@code out} and {@code a}, {@code b}, {@code c}
 * are pointers, {@code N} is the number of elements of {@code a}.
 */
final class KernelRun {
  private static final long BASE = 0x1_0000;

  private final String body;
  private final List<DType> types = new ArrayList<>();
  private final List<double[]> floats = new ArrayList<>();
  private final List<long[]> integers = new ArrayList<>();

  private String definitions = "";

  private KernelRun(String body) {
    this.body = body;
  }

  /** Lines of a kernel. */
  static KernelRun of(String body) {
    return new KernelRun(body);
  }

  /**
   * One expression over {@code x} (and {@code y}, {@code z}), the inputs' elements; its value is
   * stored.
   */
  static KernelRun expression(String expression) {
    return of(
        """
        LOADS
        r = %s
        tl.store(out + tl.arange(0, N), r)
        """
            .formatted(expression));
  }

  /** Functions that the body may call. */
  KernelRun defining(String functions) {
    definitions = functions;
    return this;
  }

  KernelRun with(DType dtype, double... elements) {
    types.add(dtype);
    floats.add(elements);
    integers.add(new long[0]);
    return this;
  }

  KernelRun with(DType dtype, long[] elements) {
    types.add(dtype);
    floats.add(new double[0]);
    integers.add(elements);
    return this;
  }

  /** The first elements of {@code out} as numbers of a float type. */
  double[] floats(DType dtype, int count) {
    SegmentMemory memory = run(dtype, count);
    double[] result = new double[count];
    for (int i = 0; i < count; i++) {
      long address = BASE + (long) i * dtype.bytes();
      result[i] = FloatFormat.fromBits(dtype, memory.read(address, dtype.bytes()));
    }
    return result;
  }

  /** The first elements of {@code out} as integers; unsigned ones are not sign-extended. */
  long[] integers(DType dtype, int count) {
    SegmentMemory memory = run(dtype, count);
    long[] result = new long[count];
    for (int i = 0; i < count; i++) {
      long bits = memory.read(BASE + (long) i * dtype.bytes(), dtype.bytes());
      result[i] =
          dtype.isSigned()
              ? IntegerMath.wrap(dtype, bits)
              : IntegerMath.zeroExtend(dtype.signless(), bits);
    }
    return result;
  }

  private SegmentMemory run(DType out, int count) {
    var memory = new SegmentMemory();
    var addresses = new ArrayList<Number>();
    var specs = new ArrayList<ArgumentSpec>();
    long next = BASE;
    next = allocate(memory, "out", next, (long) count * out.bytes());
    addresses.add(BASE);
    specs.add(new ArgumentSpec.Pointer(out, false, 16));
    for (int i = 0; i < types.size(); i++) {
      DType dtype = types.get(i);
      int elements = floats.get(i).length + integers.get(i).length;
      addresses.add(next);
      specs.add(new ArgumentSpec.Pointer(dtype, false, 16));
      long address = next;
      next = allocate(memory, name(i), next, (long) elements * dtype.bytes());
      for (int j = 0; j < elements; j++) {
        long bits =
            dtype.isFloat() ? FloatFormat.toBits(dtype, floats.get(i)[j]) : integers.get(i)[j];
        memory.write(address + (long) j * dtype.bytes(), dtype.bytes(), bits);
      }
    }
    specs.add(new ArgumentSpec.Constant(elements()));
    Evaluator.run(lower(specs), Launch.of(Grid.of(1), memory, addresses));
    return memory;
  }

  private static long allocate(SegmentMemory memory, String name, long at, long bytes) {
    memory.add(new Allocation(name, at, bytes, true), MemorySegment.ofArray(new byte[(int) bytes]));
    return at + (bytes + 63) / 64 * 64;
  }

  private long elements() {
    return types.isEmpty() ? 1 : floats.getFirst().length + integers.getFirst().length;
  }

  private static String name(int index) {
    return "abcd".substring(index, index + 1);
  }

  private TileFunction lower(List<ArgumentSpec> specs) {
    var parameters = new StringBuilder("out");
    var loads = new StringBuilder("i = tl.arange(0, N)\n");
    for (int i = 0; i < types.size(); i++) {
      parameters.append(", ").append(name(i));
      loads.append("xyzw".charAt(i)).append(" = tl.load(").append(name(i)).append(" + i)\n");
    }
    String text =
        "import triton\nimport triton.language as tl\n"
            + "from triton.language.extra import libdevice\n"
            + definitions
            + "@triton.jit\ndef kernel(%s, N: tl.constexpr):\n".formatted(parameters)
            + body.replace("LOADS\n", loads.toString()).indent(4);
    TileFunction function =
        Frontend.lower(
            KernelFiles.load(new Source("test.py", text)),
            ImportResolver.NONE,
            "kernel",
            new Specialization(specs, CompileOptions.DEFAULT),
            Target.CPU,
            warning -> {});
    Verifier.verify(function);
    // What runs is what users run: contracted, folded, simplified.
    return Compiler.optimize(function, CompileOptions.DEFAULT, Target.CPU);
  }
}
