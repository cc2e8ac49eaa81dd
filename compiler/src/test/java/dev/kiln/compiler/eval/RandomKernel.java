package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.numeric.FloatFormat;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A kernel made by {@link RandomKernels}, with all that is needed to run it.
 *
 * @param seed from which it was made
 * @param arguments one for each parameter, in order
 */
public record RandomKernel(long seed, TileFunction function, Grid grid, List<Argument> arguments) {
  private static final int ALIGNMENT = 64;
  private static final long FIRST_ADDRESS = 0x10_0000;

  private static final Limits LIMITS = new Limits(50_000_000, 1_000_000);

  public RandomKernel {
    arguments = List.copyOf(arguments);
  }

  /** An argument of the kernel. */
  public sealed interface Argument {}

  /** A number: a {@link Long} or {@link Double}, as {@link Launch} takes it. */
  public record Scalar(Number value) implements Argument {}

  /**
   * A pointer to an array of its own.
   *
   * @param content the bytes before the launch; must not be changed
   * @param relativeError how far floats may be off after the launch; 0 if they must be exact
   */
  public record Buffer(String name, DType dtype, byte[] content, double relativeError)
      implements Argument {}

  public List<Buffer> buffers() {
    return arguments.stream().filter(Buffer.class::isInstance).map(Buffer.class::cast).toList();
  }

  /** What the buffers hold after the evaluator ran the kernel; in the order of the parameters. */
  public List<byte[]> evaluate() {
    return evaluate(function);
  }

  /** What the buffers hold after the evaluator ran another form of the kernel. */
  public List<byte[]> evaluate(TileFunction transformed) {
    return run(launch -> Evaluator.run(transformed, launch));
  }

  /** What the buffers hold after somebody else ran the kernel. */
  public List<byte[]> run(Consumer<Launch> runner) {
    var contents = new ArrayList<byte[]>();
    runner.accept(launch(contents));
    return contents;
  }

  /** What the sanitizer finds. */
  public List<SanitizerFinding> sanitize() {
    try {
      Evaluator.run(function, launch(new ArrayList<>()).sanitized());
      return List.of();
    } catch (SanitizerException e) {
      return e.report().findings();
    }
  }

  /** A launch on copies of the buffers, which are added to a list. */
  private Launch launch(List<byte[]> contents) {
    var memory = new SegmentMemory();
    var values = new ArrayList<Number>();
    long next = FIRST_ADDRESS;
    for (Argument argument : arguments) {
      switch (argument) {
        case Scalar scalar -> values.add(scalar.value());
        case Buffer buffer -> {
          byte[] content = buffer.content().clone();
          contents.add(content);
          var allocation = new Allocation(buffer.name(), next, content.length, true);
          memory.add(allocation, MemorySegment.ofArray(content));
          values.add(next);
          next += (content.length + 2L * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
      }
    }
    return Launch.of(grid, memory, values).limitedTo(LIMITS);
  }

  /**
   * Compares the buffers after two runs. NaN equals NaN whatever its bits.
   *
   * @return where they differ first, and the kernel's seed; empty if they agree
   */
  public Optional<String> difference(List<byte[]> expected, List<byte[]> actual) {
    List<Buffer> buffers = buffers();
    for (int b = 0; b < buffers.size(); b++) {
      Buffer buffer = buffers.get(b);
      int bytes = buffer.dtype().bytes();
      for (int i = 0; i < buffer.content().length / bytes; i++) {
        long left = bits(expected.get(b), i * bytes, bytes);
        long right = bits(actual.get(b), i * bytes, bytes);
        if (!agree(buffer, left, right)) {
          return Optional.of(
              "seed %d: %s[%d] of %s is %s, but should be %s"
                  .formatted(
                      seed,
                      buffer.name(),
                      i,
                      buffer.dtype(),
                      show(buffer.dtype(), right),
                      show(buffer.dtype(), left)));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean agree(Buffer buffer, long left, long right) {
    if (left == right || !buffer.dtype().isFloat()) {
      return left == right;
    }
    double expected = FloatFormat.fromBits(buffer.dtype(), left);
    double actual = FloatFormat.fromBits(buffer.dtype(), right);
    if (Double.isNaN(expected) || Double.isNaN(actual)) {
      return Double.isNaN(expected) && Double.isNaN(actual);
    }
    double error = Math.abs(expected - actual);
    return buffer.relativeError() > 0
        && error <= buffer.relativeError() * Math.max(1, Math.abs(expected));
  }

  private static String show(DType dtype, long bits) {
    return dtype.isFloat()
        ? FloatFormat.fromBits(dtype, bits) + " (0x" + Long.toHexString(bits) + ")"
        : Long.toString(bits);
  }

  private static long bits(byte[] content, int offset, int bytes) {
    long bits = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      bits = bits << 8 | (content[offset + i] & 0xff);
    }
    return bits;
  }
}
