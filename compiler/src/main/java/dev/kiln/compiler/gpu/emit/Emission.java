package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.plan.KernelPlan;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.List;

/** What the emitters of operations see of the kernel that is being emitted. */
public interface Emission {
  PtxBuilder ptx();

  GpuTarget target();

  KernelPlan plan();

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

  /** Moves a fragment to another layout of the same shape. */
  Fragment convert(Fragment fragment, dev.kiln.compiler.ir.Type type, LinearLayout layout);

  /** Says what a scalar result is. */
  void define(Value scalar, Operand operand);

  /** Says what a tile is; converted to its own layout if the fragment has another. */
  void define(Value tile, Fragment fragment);

  /** New shared memory; its life ends with its last use. */
  SharedSlot shared(long bytes, int alignment, String purpose);

  /** The address of the block's shared memory ({@code .b32}); slots are added by addresses. */
  Operand sharedBase();

  /**
   * Address of global scratch memory of this program, {@code bytes} of it, for atomics and prints.
   */
  Operand scratch(long bytes);

  /** Emits a block on scalars (of a reduction, say) and returns what it yields. */
  List<Operand> inline(Block block, List<Operand> arguments);

  /** One element of an elementwise operation. */
  Operand element(ElementwiseOp op, List<Operand> operands);

  /**
   * The row-major index, or one coordinate, of the element that a register holds, as {@code .b32}:
   * what the thread gives is computed once, what the register gives is added as a number.
   */
  Operand coordinate(LinearLayout layout, int axis, int register);

  /**
   * A predicate that is true in exactly one of the threads that hold the same elements; {@code
   * null} if no two do.
   */
  Operand isOwner(LinearLayout layout);
}
