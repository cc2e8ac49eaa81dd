package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.memory.GlobalOrder;
import dev.kiln.compiler.gpu.plan.KernelPlan;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.List;
import java.util.function.Supplier;

/** What the emitters of operations see of the kernel that is being emitted. */
public interface Emission {
  PtxBuilder ptx();

  GpuTarget target();

  KernelPlan plan();

  /** The kernel. */
  TileFunction function();

  /** How integers and pointers run along the axes of tiles. */
  AxisAnalysis axes();

  /** Where values are defined and used. */
  Uses uses();

  /** Keeps accesses to global memory by different threads of a block in the order of tile IR. */
  GlobalOrder order();

  /** The thread in its block, {@code %tid.x}. */
  Operand thread();

  /** {@code thread % 32}. */
  Operand lane();

  /** {@code thread / 32}. */
  Operand warp();

  /** A scalar's register or number. */
  Operand scalar(Value scalar);

  /** A tile in its own layout ({@link KernelPlan#layout}). */
  Fragment fragment(Value tile);

  /** A tile in any layout: computed anew, or converted; done once for each layout in a block. */
  Fragment fragment(Value tile, LinearLayout layout);

  /**
   * The same, where not all registers may be asked for: of a recomputed tile only those are
   * computed that are.
   */
  LazyFragment lazy(Value tile, LinearLayout layout);

  /** Moves a fragment to another layout of the same shape. */
  Fragment convert(Fragment fragment, Type type, LinearLayout layout);

  /**
   * Where a tile lies in shared memory; {@code null} if it is not there. Its registers are loaded
   * from there when a fragment is asked for.
   */
  SharedTile place(Value tile);

  /** Says that a tile lies in shared memory. */
  void define(Value tile, SharedTile place);

  /** Says what a scalar result is. */
  void define(Value scalar, Operand operand);

  /** Says what a tile is, in any layout; it is converted to its own when that is asked for. */
  void define(Value tile, Fragment fragment);

  /** New shared memory; its life ends with its last use. */
  SharedSlot shared(long bytes, int alignment, String purpose);

  /** The address of the block's shared memory ({@code .b32}); slots are added by addresses. */
  Operand sharedBase();

  /**
   * Address of global scratch memory of this program, {@code bytes} of it, for atomics and prints.
   */
  Operand scratch(long bytes);

  /** The address of a tensor map that the launcher makes, a parameter of the kernel. */
  Operand tensorMap(KernelAbi.TensorMap map);

  /**
   * Text of a function or declaration that stands before the entry, as {@code vprintf} needs; the
   * same text once only.
   */
  void helper(String text);

  /**
   * Emits a block on scalars (of a reduction, say) and returns what it yields. The scalars may
   * differ between threads, so branches become selections.
   */
  List<Operand> inline(Block block, List<Operand> arguments);

  /** One element of an elementwise operation. */
  Operand element(ElementwiseOp op, List<Operand> operands);

  /**
   * The row-major index (axis -1), or one coordinate, of the element that a register holds, as
   * {@code .b32}: what the thread gives is computed once, what the register gives is added as a
   * number.
   */
  Operand coordinate(LinearLayout layout, int axis, int register);

  /**
   * A predicate that is true in exactly one of the threads that hold the same elements; {@code
   * null} if no two do.
   */
  Operand isOwner(LinearLayout layout);

  /**
   * Emits the operations of a block but not its terminator, which tells what {@link #scalar} and
   * {@link #fragment(Value)} the block gives. Its parameters have been defined; call it within
   * {@link #scoped}.
   */
  void operations(Block block);

  /**
   * Runs the emission of a nested body. Values defined meanwhile are forgotten in the end, so it
   * goes with each body of {@link PtxBuilder#loop} and {@link PtxBuilder#branch}.
   */
  <T> T scoped(Supplier<T> body);
}
