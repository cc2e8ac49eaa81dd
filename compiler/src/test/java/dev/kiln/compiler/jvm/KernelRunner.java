package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopKernel;
import dev.kiln.compiler.loop.LoopStmt;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A slab of memory with buffers, an argument block and scratch memory, to run a kernel in. */
final class KernelRunner implements AutoCloseable {
  private static final long SLAB = 64 << 20;
  private static final long ARGUMENTS = 0;
  private static final long BUFFERS = 4096;
  private static final long SCRATCH = SLAB / 2;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment memory = arena.allocate(SLAB, 64);
  private final List<TileFunction.Param> params = new ArrayList<>();
  private long next = BUFFERS;

  /** A pointer parameter to a fresh buffer of zeros. */
  Value buffer(DType dtype, int elements) {
    Value value = new Value(Type.pointer(dtype), "p" + params.size());
    long address = memory.address() + next;
    memory.set(ValueLayout.JAVA_LONG, ARGUMENTS + 8L * params.size(), address);
    params.add(new TileFunction.Param(value.hint(), value, dtype, 16, false));
    next += (long) elements * dtype.bytes() + 64 + 63 & -64;
    return value;
  }

  /** A scalar parameter with the given bits. */
  Value scalar(DType dtype, long bits) {
    Value value = new Value(Type.scalar(dtype), "s" + params.size());
    memory.set(ValueLayout.JAVA_LONG, ARGUMENTS + 8L * params.size(), bits);
    params.add(new TileFunction.Param(value.hint(), value, dtype, 1, false));
    return value;
  }

  private long address(Value buffer) {
    for (int i = 0; i < params.size(); i++) {
      if (params.get(i).value() == buffer) {
        return memory.get(ValueLayout.JAVA_LONG, ARGUMENTS + 8L * i) - memory.address();
      }
    }
    throw new IllegalArgumentException("not a parameter: " + buffer);
  }

  /** Part of the memory from a buffer's first element on. */
  MemorySegment at(Value buffer) {
    return memory.asSlice(address(buffer));
  }

  void setBits(Value buffer, int index, long bits) {
    DType dtype = buffer.type().pointee();
    long offset = address(buffer) + (long) index * dtype.bytes();
    switch (dtype.bytes()) {
      case 1 -> memory.set(ValueLayout.JAVA_BYTE, offset, (byte) bits);
      case 2 -> memory.set(ValueLayout.JAVA_SHORT, offset, (short) bits);
      case 4 -> memory.set(ValueLayout.JAVA_INT, offset, (int) bits);
      default -> memory.set(ValueLayout.JAVA_LONG, offset, bits);
    }
  }

  /** Bits of an element, sign-extended. */
  long bits(Value buffer, int index) {
    DType dtype = buffer.type().pointee();
    long offset = address(buffer) + (long) index * dtype.bytes();
    return switch (dtype.bytes()) {
      case 1 -> memory.get(ValueLayout.JAVA_BYTE, offset);
      case 2 -> memory.get(ValueLayout.JAVA_SHORT, offset);
      case 4 -> memory.get(ValueLayout.JAVA_INT, offset);
      default -> memory.get(ValueLayout.JAVA_LONG, offset);
    };
  }

  void setFloat(Value buffer, int index, float value) {
    setBits(buffer, index, Float.floatToRawIntBits(value));
  }

  float floatAt(Value buffer, int index) {
    return Float.intBitsToFloat((int) bits(buffer, index));
  }

  LoopKernel kernel(List<LoopStmt> body, long scratchBytes) {
    return new LoopKernel("test_kernel", params, body, scratchBytes);
  }

  void run(List<LoopStmt> body, long scratchBytes, EmissionOptions options, int... grid) {
    GeneratedClass generated = ClassFileEmitter.emit(kernel(body, scratchBytes), options);
    run(generated.define(), generated.scratchBytes(), grid);
  }

  void run(ProgramBody body, long scratchBytes, int... grid) {
    int x = grid.length > 0 ? grid[0] : 1;
    int y = grid.length > 1 ? grid[1] : 1;
    int z = grid.length > 2 ? grid[2] : 1;
    long scratch = SCRATCH;
    if (next > SCRATCH || scratch + scratchBytes > SLAB) {
      throw new IllegalStateException("slab too small for " + scratchBytes + " bytes of scratch");
    }
    // Whatever a kernel reads of its scratch memory it must have written.
    for (long i = 0; i < Math.min(scratchBytes, 1 << 16); i += 4) {
      memory.set(ValueLayout.JAVA_INT, scratch + i, 0x7fc12345);
    }
    long base = memory.address();
    ProgramBody.clearScratch(memory, scratch);
    body.run(memory, base, base + ARGUMENTS, base + scratch, 0, x * y * z, x, y, z);
  }

  @Override
  public void close() {
    arena.close();
  }
}
