package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.jvm.support.Transposition;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.util.HashSet;
import java.util.List;

/**
 * A nest that copies a matrix with dense rows to one with dense columns and does nothing else.
 * Vectors could be used on one side only.
 *
 * @param load what is read; its columns lie side by side along {@code columns}
 * @param store what is written, where the load's mask is true
 * @param rows the axis along which the store's elements lie side by side
 * @param columns the other axis
 */
record TransposingNest(LaneStmt.Load load, LaneStmt.Store store, int rows, int columns) {
  /** Null if the nest is of another form. */
  static TransposingNest of(LoopStmt.Nest nest, Definitions definitions) {
    List<LaneStmt> body = nest.body();
    if (nest.shape().rank() != 2
        || body.size() != 2
        || !(body.get(0) instanceof LaneStmt.Load load)
        || !(body.get(1) instanceof LaneStmt.Store store)
        || definitions.resolve(store.value()) != definitions.resolve(load.result())
        || load.source().dtype() != store.target().dtype()
        || !haveOneMask(load.mask(), store.mask())) {
      return null;
    }
    int rows = RefOffsets.isUnit(store.target().strides().get(0)) ? 0 : 1;
    int columns = 1 - rows;
    boolean fits =
        isStep(store.target().strides(), columns)
            && isStep(load.source().strides(), rows)
            && RefOffsets.isUnit(load.source().strides().get(columns))
            && RefOffsets.isUnit(store.target().strides().get(rows));
    return fits ? new TransposingNest(load, store, rows, columns) : null;
  }

  private static boolean haveOneMask(LaneStmt.Mask a, LaneStmt.Mask b) {
    return a.lane().isEmpty()
        && b.lane().isEmpty()
        && new HashSet<>(a.bounds()).equals(new HashSet<>(b.bounds()));
  }

  private static boolean isStep(List<TileRef.Stride> strides, int axis) {
    return switch (strides.get(axis)) {
      case TileRef.Fixed fixed -> fixed.elements() != 0;
      case TileRef.Dynamic _ -> true;
      case TileRef.Indexed _ -> false;
    };
  }

  void emit(KernelWriter kernel, CodeWriter writer, ScalarNest scalar, Shape shape) {
    CodeBuilder code = writer.code();
    scalar.prepare();
    writer.pushMemory();
    scalar.offsets().push(load.source(), 0);
    scalar.offsets().pushStride(load.source(), rows);
    scalar.offsets().push(store.target(), 0);
    scalar.offsets().pushStride(store.target(), columns);
    code.loadConstant(load.source().dtype().bytes());
    for (int axis : new int[] {rows, columns}) {
      pushSide(writer, scalar, axis, 0, 0, "max");
      pushSide(writer, scalar, axis, 1, shape.dim(axis), "min");
    }
    writer.pushScratchOffset(kernel.scratch().transientArea(Transposition.BUFFER_BYTES));
    writer.call(
        Transposition.class,
        "copy",
        CD_void,
        CodeWriter.MEMORY_SEGMENT,
        CD_long,
        CD_long,
        CD_long,
        CD_long,
        CD_int,
        CD_int,
        CD_int,
        CD_int,
        CD_int,
        CD_long);
  }

  private void pushSide(
      CodeWriter writer, ScalarNest scalar, int axis, int side, int edge, String tightest) {
    writer.code().loadConstant(edge);
    for (LoopStmt.Bound bound : store.mask().bounds()) {
      if (bound.axis() == axis) {
        writer.code().iload(scalar.sides(bound)[side]);
        writer.call(Math.class, tightest, CD_int, CD_int, CD_int);
      }
    }
  }
}
