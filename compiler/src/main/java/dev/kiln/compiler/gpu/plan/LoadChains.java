package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.plan.PipelinedLoop.Copy;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.BlockedLayout;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.layout.TileAccess;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is made, element by element, of loads that run ahead on their way to products: casts of
 * quantised weights, masks, scales. There are two ways.
 *
 * <ul>
 *   <li>Each thread reads from shared memory what its part of the instruction needs, and computes
 *       there: nothing is stored a second time, but warps that share rows of an operand do the same
 *       work.
 *   <li>The operand is computed once, in a layout in which threads read and write up to 16 bytes,
 *       and stored in shared memory again.
 * </ul>
 *
 * The cheaper one is taken, by instructions and accesses of the banks.
 */
final class LoadChains {
  private static final int WIDEST = 16;

  /** What a vector of 16 bytes costs, as {@link TileAccess#cost} counts. */
  private static final int VECTOR_COST = 5;

  /** The barrier between the second store and the product. */
  private static final int BARRIER = 40;

  /** Bytes of pieces that change places, so that different rows lie in different banks. */
  private static final int[] PIECES = {16, 32, 64};

  /** Of the operand, all of which a group of warps has at a time, and the sums. */
  private static final int MOST_REGISTERS = 128;

  private final Uses uses;
  private final Recomputation recomputation;
  private final int warps;
  private final Map<Value, Copy> copies = new HashMap<>();
  private final Set<Value> byProducts = new HashSet<>();
  private final Map<Value, LinearLayout> homes = new HashMap<>();
  private final Map<Value, SharedLayout> places = new HashMap<>();

  LoadChains(Uses uses, Recomputation recomputation, int warps) {
    this.uses = uses;
    this.recomputation = recomputation;
    this.warps = warps;
  }

  /** Takes note of loads that run ahead; before any product. */
  void add(List<Copy> loads) {
    loads.forEach(copy -> copies.put(copy.load().result(), copy));
  }

  /** Whether a tile that is no load is computed by the product that reads it, in its layout. */
  boolean isComputedByProduct(Value tile) {
    return byProducts.contains(tile) && !copies.containsKey(tile);
  }

  /** Whether a product converts what it reads of a load. */
  boolean isReadByProduct(Value load) {
    return byProducts.contains(load) && copies.containsKey(load);
  }

  /** The layout in which an operand is computed and stored again. */
  Optional<LinearLayout> home(Value operand) {
    return Optional.ofNullable(homes.get(operand));
  }

  /** How a load lies in shared memory for what is made of it. */
  Optional<SharedLayout> placed(Value load) {
    return Optional.ofNullable(places.get(load));
  }

  // ---------------------------------------------------------------- products

  /** Decides about the operands of a product. */
  void add(Dot dot, DotForm form) {
    switch (form) {
      case DotForm.Mma mma -> {
        decide(dot, new Reader(dot.a(), mma.a(), mma.typeA(), false));
        decide(dot, new Reader(dot.b(), mma.b(), mma.typeB(), false));
      }
      case DotForm.Wgmma wgmma -> {
        int registers = wgmma.a().registerCount() + wgmma.accumulator().registerCount();
        LinearLayout a = registers <= MOST_REGISTERS ? wgmma.a() : null;
        decide(dot, new Reader(dot.a(), a, wgmma.typeA(), true));
        decide(dot, new Reader(dot.b(), null, wgmma.typeB(), true));
      }
      case DotForm.Multiply multiply -> {}
    }
  }

  /**
   * An operand as an instruction reads it.
   *
   * @param registers {@code null} if it does not read registers
   */
  private record Reader(Value value, LinearLayout registers, DType type, boolean isByWarpgroup) {
    boolean isReadAsItIs() {
      return value.dtype() == type && !(isByWarpgroup && type == DType.FP32);
    }
  }

  private void decide(Dot dot, Reader reader) {
    Value value = reader.value();
    if (copies.containsKey(value) && reader.isReadAsItIs()) {
      return;
    }
    LoadChain.of(uses, recomputation, copies, dot, value)
        .ifPresent(
            chain -> {
              Optional<SharedLayout> place = place(chain, reader);
              if (place.isPresent()) {
                places.putIfAbsent(chain.main().load().result(), place.get());
                byProducts.add(value);
                chain.ops().stream().map(Op::results).forEach(byProducts::addAll);
              } else {
                homes.put(value, home(chain, reader));
              }
            });
  }

  // ---------------------------------------------------------------- costs

  /** How the load lies best for a product that computes the operand; empty if it had better not. */
  private Optional<SharedLayout> place(LoadChain chain, Reader reader) {
    Shape shape = reader.value().shape();
    if (reader.registers() == null || !chain.isStraight() || shape.rank() != 2) {
      return Optional.empty();
    }
    Copy copy = chain.main();
    LinearLayout layout = reader.registers().permute(List.of(chain.axesOfLoad()));
    long least = storedCost(chain, reader);
    SharedLayout best = null;
    for (int piece : PIECES) {
      Shape loaded = copy.load().result().shape();
      SharedLayout place =
          SharedLayout.rotated(loaded, bytes(copy), piece, copy.axis(), 1 - copy.axis());
      long cost =
          readCost(place, layout, bytes(copy))
              + (long) work(chain, reader) * layout.registerCount();
      if (cost < least) {
        least = cost;
        best = place;
      }
    }
    return Optional.ofNullable(best);
  }

  private static int bytes(Copy copy) {
    return copy.load().result().dtype().bytes();
  }

  private static int work(LoadChain chain, Reader reader) {
    return chain.work() + (reader.isReadAsItIs() ? 0 : LoadChain.castWork(reader.value().dtype()));
  }

  private LinearLayout home(LoadChain chain, Reader reader) {
    Shape shape = reader.value().shape();
    int bytes = Math.max(bytes(chain.main()), reader.type().bytes());
    int width = Math.max(1, Math.min(WIDEST / bytes, shape.size() / (32 * warps)));
    int fast = chain.fastAxis(shape.rank());
    int slow = 2 * shape.rank() - 3 - fast;
    int[] order = shape.rank() == 3 ? new int[] {fast, slow, 0} : new int[] {fast, slow};
    return BlockedLayout.coalesced(shape, order, width, warps);
  }

  private long storedCost(LoadChain chain, Reader reader) {
    long own = home(chain, reader).registerCount();
    int bytes = reader.type().bytes();
    return BARRIER
        + vectors(own * bytes(chain.main()))
        + own * work(chain, reader)
        + vectors(own * bytes)
        + vectors((long) reader.registers().registerCount() * bytes);
  }

  private static long vectors(long bytes) {
    return Math.max(1, bytes / WIDEST) * VECTOR_COST;
  }

  private static long readCost(SharedLayout place, LinearLayout layout, int bytes) {
    return TileAccess.cheapest(layout, place.map(), bytes, WIDEST).cost();
  }
}
