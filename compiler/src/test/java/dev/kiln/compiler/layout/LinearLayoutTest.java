package dev.kiln.compiler.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Properties of random layouts, against holders one by one. */
class LinearLayoutTest {
  private final Random random = new Random(7);

  private LinearLayout layout() {
    return RandomLayouts.layout(random, RandomLayouts.shape(random, 9), random.nextInt(3));
  }

  private void forLayouts(BiConsumer<LinearLayout, int[]> check) {
    for (int i = 0; i < 300; i++) {
      LinearLayout layout = layout();
      check.accept(layout, indices(layout));
    }
  }

  /** The index that each holder holds. */
  private static int[] indices(LinearLayout layout) {
    int size = layout.registerCount() * 32 * layout.warpCount();
    int[] indices = new int[size];
    for (int holder = 0; holder < size; holder++) {
      indices[holder] =
          layout.index(layout.registerOf(holder), layout.laneOf(holder), layout.warpOf(holder));
    }
    return indices;
  }

  private static void expect(LinearLayout layout, int[] before, IntUnaryOperator moved) {
    assertThat(indices(layout)).isEqualTo(Arrays.stream(before).map(moved).toArray());
  }

  @Test
  void everyElementHasOneOwnerAndTheInverseFindsIt() {
    forLayouts(
        (layout, indices) -> {
          assertThat(layout.isSurjective()).isTrue();
          assertThat(layout.isInjective()).isEqualTo(indices.length == layout.shape().size());
          var owned = new HashSet<Integer>();
          for (int holder = 0; holder < indices.length; holder++) {
            boolean owner =
                (layout.registerOf(holder) & layout.freeRegisters()) == 0
                    && (layout.laneOf(holder) & layout.freeLanes()) == 0
                    && (layout.warpOf(holder) & layout.freeWarps()) == 0;
            if (owner) {
              assertThat(owned.add(indices[holder])).isTrue();
              assertThat(layout.inverse().apply(indices[holder])).isEqualTo(holder);
            }
          }
          assertThat(owned).hasSize(layout.shape().size());
        });
  }

  @Test
  void shapesChangeWhatElementsAreCalled() {
    forLayouts(
        (layout, indices) -> {
          Shape shape = layout.shape();
          expect(layout.reshape(Shape.of(shape.size())), indices, index -> index);
          expect(layout.expandDims(random.nextInt(shape.rank() + 1)), indices, index -> index);
          var order = new ArrayList<>(IntStream.range(0, shape.rank()).boxed().toList());
          Collections.shuffle(order, random);
          LinearLayout permuted = layout.permute(order);
          expect(
              permuted,
              indices,
              index -> {
                int[] from = layout.coordinates(index);
                int[] to = order.stream().mapToInt(axis -> from[axis]).toArray();
                return index(permuted.shape(), to);
              });
        });
  }

  private static int index(Shape shape, int[] coordinates) {
    int index = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      index = index * shape.dim(axis) + coordinates[axis];
    }
    return index;
  }

  @Test
  void aSliceForgetsOneCoordinateAndBroadcastGivesItBack() {
    forLayouts(
        (layout, indices) -> {
          Shape shape = layout.shape();
          int axis = random.nextInt(shape.rank());
          LinearLayout slice = layout.slice(axis);
          expect(
              slice,
              indices,
              index -> {
                int[] all = layout.coordinates(index);
                int[] kept =
                    IntStream.range(0, all.length)
                        .filter(i -> i != axis)
                        .map(i -> all[i])
                        .toArray();
                return index(slice.shape(), kept);
              });
          LinearLayout narrow = layout.narrow(axis);
          LinearLayout wide = narrow.broadcast(shape);
          assertThat(wide.isSurjective()).isTrue();
          if (wide.registers().length == narrow.registers().length) {
            assertThat(wide.beforeBroadcast(narrow.shape())).isEqualTo(narrow);
          }
          assertThat(wide.beforeBroadcast(narrow.shape()).withoutRepeatedRegisters())
              .isEqualTo(narrow.withoutRepeatedRegisters());
        });
  }

  @Test
  void joinedHalvesAreSplitAgain() {
    forLayouts(
        (layout, indices) -> {
          LinearLayout joined = layout.join();
          assertThat(joined.shape()).isEqualTo(layout.shape().insert(layout.shape().rank(), 2));
          assertThat(joined.splitRegister()).isZero();
          assertThat(joined.split()).contains(layout);
          for (int r = 0; r < layout.registerCount(); r++) {
            assertThat(joined.index(2 * r + 1, 3, 0)).isEqualTo(2 * layout.index(r, 3, 0) + 1);
          }
          int axis = random.nextInt(layout.shape().rank());
          LinearLayout cat = layout.cat(axis);
          int extent = layout.shape().dim(axis);
          int r = random.nextInt(layout.registerCount());
          int second = cat.index(r | layout.registerCount(), 5, 0);
          assertThat(cat.coordinate(axis, second))
              .isEqualTo(layout.coordinate(axis, layout.index(r, 5, 0)) + extent);
        });
  }

  @Test
  void groupsAreAlignedNeighbours() {
    for (int i = 0; i < 200; i++) {
      Shape shape = Shape.of(8, 32);
      int[] order = random.nextBoolean() ? new int[] {0, 1} : new int[] {1, 0};
      int width = 1 << random.nextInt(3);
      LinearLayout blocked = BlockedLayout.coalesced(shape, order, width, 2);
      assertThat(blocked.contiguous(order[0])).isGreaterThanOrEqualTo(width);
      var shuffled = new ArrayList<>(Arrays.stream(blocked.registers()).boxed().toList());
      Collections.shuffle(shuffled, random);
      LinearLayout layout =
          blocked.withRegisters(shuffled.stream().mapToInt(Integer::intValue).toArray());
      var seen = new HashSet<Integer>();
      for (int[] group : layout.groups(order[0], width)) {
        int lane = random.nextInt(32);
        int first = layout.index(group[0], lane, 1);
        assertThat(layout.coordinate(order[0], first) % width).isZero();
        for (int k = 0; k < width; k++) {
          assertThat(layout.index(group[k], lane, 1))
              .isEqualTo(first + (k << layout.axisShift(order[0])));
          assertThat(seen.add(group[k])).isTrue();
        }
      }
      assertThat(seen).hasSize(layout.registerCount());
    }
  }

  @Test
  void productsAndQuotientsUndoEachOther() {
    for (int i = 0; i < 200; i++) {
      LinearLayout inner = layout();
      int rank = inner.shape().rank();
      int[] dims = IntStream.range(0, rank).map(axis -> 1 << random.nextInt(3)).toArray();
      LinearLayout outer = RandomLayouts.layout(random, Shape.of(dims), 1);
      LinearLayout product = LinearLayouts.product(inner, outer);
      assertThat(LinearLayouts.quotient(product, inner)).contains(outer);
      int r = random.nextInt(inner.registerCount());
      int s = random.nextInt(outer.registerCount());
      int[] low = inner.coordinates(inner.index(r, 0, 0));
      int[] high = outer.coordinates(outer.index(s, 0, 0));
      int[] both = product.coordinates(product.index(r | s << inner.registers().length, 0, 0));
      for (int axis = 0; axis < rank; axis++) {
        assertThat(both[axis]).isEqualTo(low[axis] + high[axis] * inner.shape().dim(axis));
      }
    }
    LinearLayout blocked = BlockedLayout.rowMajor(Shape.of(16, 16), 4, 2);
    LinearLayout mma = MmaLayout.accumulator(Shape.of(16, 8), 1, 1);
    assertThat(LinearLayouts.quotient(blocked, mma)).isEmpty();
  }

  @Test
  void repeatedRegistersAreRemoved() {
    LinearLayout layout =
        LayoutText.parse("4x64 r*(1,0)(2,0)(3,0) l(0,1)(0,2)(0,4)(0,8)(0,16) w(0,32)");
    assertThat(layout.withoutRepeatedRegisters())
        .isEqualTo(LayoutText.parse("4x64 r(1,0)(2,0) l(0,1)(0,2)(0,4)(0,8)(0,16) w(0,32)"));
  }

  @Test
  void textIsReadBack() {
    forLayouts(
        (layout, indices) ->
            assertThat(LayoutText.parse(LayoutText.print(layout))).isEqualTo(layout));
    assertThat(LayoutText.print(MmaLayout.accumulator(Shape.of(16, 16), 1, 1)))
        .isEqualTo("16x16 r(0,1)(8,0)(0,8) l(0,2)(0,4)(1,0)(2,0)(4,0) w");
  }

  @Test
  void picturesShowThreadsAndRegisters() {
    assertThat(LayoutPicture.of(BlockedLayout.rowMajor(Shape.of(2, 16), 2, 1)))
        .startsWith("T0:0|T16:0  T0:1|T16:1  T1:0|T17:0  T1:1|T17:1 ");
    assertThat(LayoutPicture.of(BlockedLayout.rowMajor(Shape.of(2, 4), 1, 1)))
        .startsWith("T0:0|T8:0|T16:0|T24:0  T1:0|T9:0|");
    assertThat(LayoutPicture.of(BlockedLayout.rowMajor(Shape.of(2, 4), 1, 2)))
        .startsWith("T0:0|T8:0|T16:0|..  T1:0|T9:0|T17:0|..");
    LinearLayout mma = MmaLayout.accumulator(Shape.of(32, 8), 2, 1);
    List<String> rows = LayoutPicture.ofWarp(mma, 1).lines().toList();
    assertThat(rows.get(0).split(" +")).containsOnly(".");
    assertThat(rows.get(17)).isEqualTo("T36:0 T36:1 T37:0 T37:1 T38:0 T38:1 T39:0 T39:1");
    assertThat(rows.get(25)).startsWith("T36:2 T36:3 ");
  }
}
