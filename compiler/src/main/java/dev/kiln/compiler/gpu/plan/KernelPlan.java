package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import java.util.Optional;

/** The decisions for one kernel. */
public interface KernelPlan {
  int warps();

  /** The layout in which a tile is computed, carried or loaded; others are converted from it. */
  LinearLayout layout(Value tile);

  /** The layout in which a store writes its tile: that of the tile, if that is coalesced. */
  default LinearLayout layout(MemoryOp.Store store) {
    return layout(store.value());
  }

  /**
   * Whether a tile is so cheap (ranges, splats, constants, integer arithmetic on such) that it is
   * computed anew in whatever layout it is asked for.
   */
  boolean isRecomputed(Value tile);

  /**
   * Whether a load runs ahead of its loop and products that have to convert its elements do so as
   * they read them from shared memory.
   */
  default boolean isReadByProducts(Value load) {
    return false;
  }

  /**
   * How a load that runs ahead lies in shared memory where that serves what is made of it; empty
   * where that makes no difference.
   */
  default Optional<SharedLayout> placed(Value load) {
    return Optional.empty();
  }

  /** How a product is computed. */
  DotForm form(ComputeOp.Dot dot);

  /** The tensor of a load that is a tensor copy to shared memory, where products read it. */
  default Optional<TensorSource> tensorCopy(MemoryOp.Load load) {
    return Optional.empty();
  }

  /** The tensor of a store that is a tensor copy. */
  default Optional<TensorSource> tensorCopy(MemoryOp.Store store) {
    return Optional.empty();
  }

  /** Which loads of a loop run ahead; empty if none do. */
  Optional<PipelinedLoop> pipeline(ControlOp.For loop);
}
