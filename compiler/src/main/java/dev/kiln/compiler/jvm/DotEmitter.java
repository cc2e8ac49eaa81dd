package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.DotDescriptor;
import dev.kiln.compiler.jvm.support.IntegerOps;
import dev.kiln.compiler.jvm.support.PanelPool;
import dev.kiln.compiler.jvm.support.ScalarMatMul;
import dev.kiln.compiler.jvm.support.VectorMatMul;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.List;
import java.util.Optional;

/** Matrix products: writes a descriptor to scratch memory and calls the shared routine. */
final class DotEmitter {
  private static final int FEWEST_IN_COLUMNS = 32;

  private final KernelWriter kernel;
  private final CodeWriter writer;
  private final CodeBuilder code;
  private long descriptor;
  private int depth;

  DotEmitter(KernelWriter kernel, CodeWriter writer) {
    this.kernel = kernel;
    this.writer = writer;
    this.code = writer.code();
  }

  static long transientBytes(LoopStmt.Dot dot) {
    return DotDescriptor.BYTES
        + DotDescriptor.packBytes(
            dot.m(), dot.n(), depth(dot), hasColumns(dot), dot.acc().dtype().bytes());
  }

  /** The longest that is multiplied at once, as far as is known. */
  private static int depth(LoopStmt.Dot dot) {
    return dot.repeats().isPresent() ? Integer.MAX_VALUE : dot.k();
  }

  /**
   * Whether the rows of a lie side by side, so many that copies of columns are worth their room.
   */
  private static boolean hasColumns(LoopStmt.Dot dot) {
    List<TileRef.Stride> strides = dot.a().ref().strides();
    var unit = new TileRef.Fixed(1);
    return dot.m() >= FEWEST_IN_COLUMNS
        && strides.get(strides.size() - 2).equals(unit)
        && !strides.getLast().equals(unit);
  }

  static long leftPanelBytes(LoopStmt.Dot dot) {
    return DotDescriptor.leftPanelBytes(
        dot.m(), depth(dot), hasColumns(dot), dot.acc().dtype().bytes());
  }

  static long rightPanelBytes(LoopStmt.Dot dot) {
    return DotDescriptor.rightPanelBytes(dot.n(), depth(dot), dot.acc().dtype().bytes());
  }

  void emit(LoopStmt.Dot dot) {
    if (!dot.accumulates()) {
      clear(dot);
    }
    descriptor = kernel.scratch().transientArea(transientBytes(dot));
    depth = code.allocateLocal(TypeKind.INT);
    code.loadConstant(dot.k());
    dot.repeats()
        .ifPresent(
            repeats -> {
              writer.pushLong(repeats);
              writer.call(IntegerOps.class, "depth", CD_int, CD_int, CD_long);
            });
    code.istore(depth);
    set(DotDescriptor.BATCH, dot.batch());
    set(DotDescriptor.M, dot.m());
    set(DotDescriptor.N, dot.n());
    set(DotDescriptor.K, () -> code.iload(depth).i2l());
    set(DotDescriptor.ACC_DTYPE, dot.acc().dtype().ordinal());
    set(DotDescriptor.ACC, () -> DriverEmitter.pushBase(writer, dot.acc()));
    set(DotDescriptor.PACK, () -> writer.pushScratchOffset(descriptor + DotDescriptor.BYTES));
    set(DotDescriptor.SITE, kernel.panels().site(dot));
    set(DotDescriptor.COLUMNS, hasColumns(dot) ? 1 : 0);
    Runnable m = () -> code.loadConstant(dot.m());
    Runnable n = () -> code.loadConstant(dot.n());
    Runnable k = () -> code.iload(depth);
    operand(DotDescriptor.A, dot, dot.a(), m, k);
    operand(DotDescriptor.B, dot, dot.b(), k, n);
    writer.pushMemory();
    writer.pushScratchOffset(descriptor);
    if (kernel.options().isScalar()) {
      writer.call(ScalarMatMul.class, "run", CD_void, CodeWriter.MEMORY_SEGMENT, CD_long);
    } else {
      code.loadConstant(kernel.options().simdBits());
      writer.call(VectorMatMul.class, "run", CD_void, CodeWriter.MEMORY_SEGMENT, CD_long, CD_int);
    }
  }

  private void clear(LoopStmt.Dot dot) {
    long bytes = (long) dot.batch() * dot.m() * dot.n() * dot.acc().dtype().bytes();
    writer.pushMemory();
    DriverEmitter.pushBase(writer, dot.acc());
    code.loadConstant(bytes);
    writer.call(ScalarMatMul.class, "clear", CD_void, CodeWriter.MEMORY_SEGMENT, CD_long, CD_long);
  }

  private void operand(
      int base, LoopStmt.Dot dot, LoopStmt.Factor factor, Runnable rows, Runnable columns) {
    TileRef ref = factor.ref();
    int rank = ref.strides().size();
    set(base + DotDescriptor.DTYPE, ref.dtype().ordinal());
    set(base + DotDescriptor.SIGNED, factor.signed() ? 1 : 0);
    set(base + DotDescriptor.ADDRESS, () -> DriverEmitter.pushBase(writer, ref));
    pool(base, factor);
    List<Runnable> extents = List.of(() -> code.loadConstant(dot.batch()), rows, columns);
    for (int at = 0; at < 3; at++) {
      int axis = at - (3 - rank);
      int slot = base + DotDescriptor.AXES + at * DotDescriptor.AXIS_SLOTS;
      stride(slot, ref, axis);
      range(slot, factor.bounds(), axis, extents.get(at));
    }
  }

  /** The pool of packed copies, if the memory does not change. */
  private void pool(int base, LoopStmt.Factor factor) {
    Optional<SharedPanels.Pool> pool =
        base == DotDescriptor.A ? kernel.panels().left() : kernel.panels().right();
    int slot = base + DotDescriptor.POOL;
    if (factor.steady().isEmpty() || pool.isEmpty() || kernel.options().isScalar()) {
      set(slot, DotDescriptor.NO_POOL);
      return;
    }
    SharedPanels.Pool at = pool.get();
    writer.pushMemory();
    writer.pushScratchOffset(at.offset());
    writer.pushScratchOffset(at.counters());
    code.loadConstant(at.places()).loadConstant(at.placeBytes());
    writer.call(
        PanelPool.class,
        "describe",
        CD_void,
        CodeWriter.MEMORY_SEGMENT,
        CD_long,
        CD_long,
        CD_int,
        CD_long);
    set(
        slot,
        () -> {
          Label changes = code.newLabel();
          Label done = code.newLabel();
          writer.push(factor.steady().get());
          code.ifeq(changes);
          writer.pushScratchOffset(at.offset());
          code.goto_(done).labelBinding(changes);
          code.loadConstant(DotDescriptor.NO_POOL).labelBinding(done);
        });
  }

  private void stride(int slot, TileRef ref, int axis) {
    TileRef.Stride stride = axis < 0 ? new TileRef.Fixed(0) : ref.strides().get(axis);
    long bytes = ref.dtype().bytes();
    switch (stride) {
      case TileRef.Fixed fixed -> set(slot + DotDescriptor.STRIDE, fixed.elements() * bytes);
      case TileRef.Dynamic dynamic ->
          set(
              slot + DotDescriptor.STRIDE,
              () -> {
                writer.pushLong(dynamic.elements());
                code.loadConstant(bytes).lmul();
              });
      case TileRef.Indexed _ -> set(slot + DotDescriptor.STRIDE, 0);
    }
    if (stride instanceof TileRef.Indexed indexed) {
      set(slot + DotDescriptor.INDEX, () -> writer.pushScratchOffset(indexed.offset()));
    } else {
      set(slot + DotDescriptor.INDEX, DotDescriptor.NO_INDEX);
    }
  }

  private void range(int slot, List<LoopStmt.Bound> bounds, int axis, Runnable extent) {
    List<Value> lower =
        bounds.stream().filter(b -> b.axis() == axis).flatMap(b -> b.lower().stream()).toList();
    List<Value> upper =
        bounds.stream().filter(b -> b.axis() == axis).flatMap(b -> b.upper().stream()).toList();
    side(slot + DotDescriptor.LOWER, lower, () -> code.loadConstant(0), extent, "max");
    side(slot + DotDescriptor.UPPER, upper, extent, extent, "min");
  }

  /** The tightest of several sides. */
  private void side(int slot, List<Value> sides, Runnable edge, Runnable extent, String tightest) {
    set(
        slot,
        () -> {
          edge.run();
          for (Value side : sides) {
            writer.pushLong(side);
            extent.run();
            writer.call(IntegerOps.class, "bound", CD_int, CD_long, CD_int);
            writer.call(
                java.lang.constant.ClassDesc.of("java.lang.Math"),
                tightest,
                CD_int,
                CD_int,
                CD_int);
          }
          code.i2l();
        });
  }

  private void set(int slot, long value) {
    set(slot, () -> code.loadConstant(value));
  }

  private void set(int slot, Runnable pushLong) {
    new MemoryAccess(writer)
        .store(DType.I64, () -> writer.pushScratchOffset(descriptor + 8L * slot), pushLong);
  }
}
