package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.ThreadMap;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Elements at run-time indices: by {@code shfl.sync.idx} where all of an axis lies in one warp and
 * few registers of a lane, through shared memory otherwise.
 */
public final class GatherEmitter {
  /** More candidates than this, each a shuffle and a selection, cost more than shared memory. */
  private static final int MOST_CANDIDATES = 4;

  private final Emission emission;
  private final PtxBuilder ptx;
  private final Shuffles shuffles;

  public GatherEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.shuffles = new Shuffles(ptx);
  }

  public void emit(ShapeOp.Gather op) {
    Fragment source = emission.fragment(op.source());
    AxisBits bits = AxisBits.of(source.layout(), op.axis());
    Optional<Integer> flip =
        op.source().shape().equals(op.index().shape())
            ? LinearIndex.of(emission.uses(), op.index())
                .flatMap(index -> index.flipOf(op.index().shape(), op.axis()))
            : Optional.empty();
    emission.define(
        op.result(),
        flip.map(bitsOfAxis -> flipped(source, bitsOfAxis << bits.shift()))
            .orElseGet(() -> gathered(op, source, bits)));
  }

  /** Each element from where the index differs in the same bits. */
  private Fragment flipped(Fragment source, int indexMask) {
    LinearLayout layout = source.layout();
    int holder = layout.inverse().apply(indexMask);
    int other = layout.registerOf(holder);
    var registers = new ArrayList<Operand>();
    for (int r = 0; r < layout.registerCount(); r++) {
      registers.add(source.registers().get(r ^ other));
    }
    return new Fragment(
        layout,
        new ThreadExchange(emission)
            .exchange(registers, layout.laneOf(holder), layout.warpOf(holder)));
  }

  private Fragment gathered(ShapeOp.Gather op, Fragment source, AxisBits bits) {
    boolean inWarp =
        op.source().shape().equals(op.index().shape())
            && bits.isPlain()
            && bits.along(source.layout().warps()).isEmpty()
            && 1 << bits.along(source.layout().registers()).size() <= MOST_CANDIDATES;
    return inWarp ? withinWarp(op, source, bits) : throughMemory(op, source);
  }

  private Fragment withinWarp(ShapeOp.Gather op, Fragment source, AxisBits bits) {
    LinearLayout layout = source.layout();
    Fragment indices = emission.fragment(op.index(), layout);
    List<Integer> registers = bits.along(layout.registers());
    int across = ~AxisBits.maskOf(registers);
    var results = new ArrayList<Operand>();
    for (int r = 0; r < layout.registerCount(); r++) {
      Operand index = narrow(indices.registers().get(r));
      Operand lane = lane(bits, index);
      List<Operand> candidates = new ArrayList<>();
      for (int candidate : AxisBits.combinations(registers)) {
        Operand value = source.registers().get(r & across | candidate);
        candidates.add(bits.along(layout.lanes()).isEmpty() ? value : shuffles.from(value, lane));
      }
      for (int bit : registers) {
        candidates = halve(candidates, hasBit(index, along(bits, layout.registers()[bit])));
      }
      results.add(candidates.getFirst());
    }
    return new Fragment(layout, results);
  }

  /** Of each two neighbours the second, where the condition holds. */
  private List<Operand> halve(List<Operand> candidates, Operand second) {
    var half = new ArrayList<Operand>();
    for (int i = 0; i < candidates.size(); i += 2) {
      half.add(shuffles.select(second, candidates.get(i + 1), candidates.get(i)));
    }
    return half;
  }

  /** The lane that holds the element of that index and the own other coordinates. */
  private Operand lane(AxisBits bits, Operand index) {
    int[] lanes = bits.layout().lanes();
    int[] columns = new int[bits.width()];
    for (int bit : bits.along(lanes)) {
      columns[along(bits, lanes[bit])] = 1 << bit;
    }
    Operand same = BitFields.and(ptx, emission.lane(), ~AxisBits.maskOf(bits.along(lanes)));
    Operand other = ThreadMap.emit(ptx, index, new LinearMap(columns));
    return ptx.emit("or.b32", RegisterClass.B32, same, other);
  }

  /** The bit of the axis' coordinate that a basis vector is. */
  private static int along(AxisBits bits, int vector) {
    return LinearMap.log2(vector) - bits.shift();
  }

  private Operand hasBit(Operand index, int bit) {
    return ptx.emit(
        "setp.ne.s32", RegisterClass.PRED, BitFields.and(ptx, index, 1 << bit), Immediate.b32(0));
  }

  private Fragment throughMemory(ShapeOp.Gather op, Fragment source) {
    Shape shape = op.source().shape();
    var memory =
        new SharedElements(emission, op.source().dtype(), shape.size(), "source of the gather");
    memory.store(source);
    Fragment indices = emission.fragment(op.index());
    var results = new ArrayList<Operand>();
    for (int r = 0; r < indices.layout().registerCount(); r++) {
      Operand index =
          BitFields.and(ptx, narrow(indices.registers().get(r)), shape.dim(op.axis()) - 1);
      results.add(memory.load(place(indices.layout(), r, shape, op.axis(), index)));
    }
    return new Fragment(indices.layout(), results);
  }

  /**
   * The row-major index in the source of the element at a register's coordinates, one of which is
   * given instead.
   */
  private Operand place(
      LinearLayout layout, int register, Shape shape, int givenAxis, Operand given) {
    int[] strides = shape.rowMajorStrides();
    Operand place = Immediate.b32(0);
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (shape.dim(axis) == 1) {
        continue;
      }
      Operand coordinate = axis == givenAxis ? given : emission.coordinate(layout, axis, register);
      Operand term =
          ptx.emit("mul.lo.s32", RegisterClass.B32, coordinate, Immediate.b32(strides[axis]));
      place = ptx.emit("add.s32", RegisterClass.B32, place, term);
    }
    return place;
  }

  private Operand narrow(Operand index) {
    return index.type() == RegisterClass.B64
        ? ptx.emit("cvt.u32.u64", RegisterClass.B32, index)
        : index;
  }
}
