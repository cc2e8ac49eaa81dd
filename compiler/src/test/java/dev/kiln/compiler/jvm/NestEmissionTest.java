package dev.kiln.compiler.jvm;

import static dev.kiln.compiler.jvm.NestBuilder.LOC;
import static dev.kiln.compiler.jvm.NestBuilder.below;
import static dev.kiln.compiler.jvm.NestBuilder.between;
import static dev.kiln.compiler.jvm.NestBuilder.bounds;
import static dev.kiln.compiler.jvm.NestBuilder.combine;
import static dev.kiln.compiler.jvm.NestBuilder.global;
import static dev.kiln.compiler.jvm.NestBuilder.scratch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.KernelAssertionError;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What loop nests do, at every vector width, against plain loops. */
class NestEmissionTest {
  private final KernelRunner runner = new KernelRunner();
  private final Random random = new Random(7);

  static Stream<Named<EmissionOptions>> widths() {
    return Stream.of(0, 128, 256, 512)
        .map(bits -> Named.of(bits + " bits", new EmissionOptions(bits)));
  }

  @AfterEach
  void close() {
    runner.close();
  }

  private Value floats(int n) {
    Value buffer = runner.buffer(DType.FP32, n);
    for (int i = 0; i < n; i++) {
      runner.setFloat(buffer, i, random.nextFloat() * 4 - 2);
    }
    return buffer;
  }

  private static Value add(NestBuilder nest, Value left, Value right) {
    return nest.binary(BinaryKind.ADD, left, right);
  }

  @ParameterizedTest
  @MethodSource("widths")
  void boundsLimitWhatIsReadAndWritten(EmissionOptions options) {
    for (int[] range :
        new int[][] {{0, 64}, {3, 61}, {0, 1}, {17, 33}, {32, 32}, {-5, 99}, {60, 3}}) {
      Value in = floats(64);
      Value out = runner.buffer(DType.FP32, 64);
      Value lower = runner.scalar(DType.I32, range[0]);
      Value upper = runner.scalar(DType.I64, range[1]);
      var nest = new NestBuilder(64);
      Value x = nest.load(global(in, 1), bounds(below(0, upper)), nest.constant(DType.FP32, 5.0));
      nest.store(global(out, 1), add(nest, x, x), bounds(between(0, lower, upper)));
      runner.run(List.of(nest.build()), 0, options);
      for (int i = 0; i < 64; i++) {
        float expected = i >= range[0] && i < range[1] ? 2 * runner.floatAt(in, i) : 0;
        assertThat(runner.floatAt(out, i))
            .as("%d in %d..%d", i, range[0], range[1])
            .isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void otherIsReadBeyondBounds(EmissionOptions options) {
    Value in = floats(64);
    Value out = runner.buffer(DType.FP32, 64);
    Value upper = runner.scalar(DType.I32, 37);
    var nest = new NestBuilder(64);
    Value x = nest.load(global(in, 1), bounds(below(0, upper)), nest.constant(DType.FP32, 5.0));
    nest.store(global(out, 1), x);
    runner.run(List.of(nest.build()), 0, options);
    for (int i = 0; i < 64; i++) {
      assertThat(runner.floatAt(out, i)).isEqualTo(i < 37 ? runner.floatAt(in, i) : 5);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void selectionsByRangesTakeTheirSides(EmissionOptions options) {
    int top = Integer.MAX_VALUE;
    int[][] cases = {
      {0, 64, 1}, {0, 37, 1}, {-20, 16, 1}, {5, 5, 1}, {top - 9, top, 1}, {0, 64, 0}
    };
    for (int[] c : cases) {
      for (boolean inclusive : new boolean[] {false, true}) {
        Value in = floats(64);
        Value out = runner.buffer(DType.FP32, 64);
        Value base = runner.scalar(DType.I32, c[0]);
        Value end = runner.scalar(DType.I32, c[1]);
        Value also = runner.scalar(DType.I32, c[2]);
        var nest = new NestBuilder(64);
        Value at = add(nest, nest.index(0), base);
        Value below =
            inclusive
                ? nest.compare(CompareKind.GE, end, at)
                : nest.compare(CompareKind.LT, at, end);
        Value isOn = nest.compare(CompareKind.NE, also, nest.constant(DType.I32, 0));
        Value condition = nest.binary(BinaryKind.AND, below, isOn);
        Value x = nest.load(global(in, 1));
        nest.store(global(out, 1), nest.select(condition, x, nest.constant(DType.FP32, 5.0)));
        runner.run(List.of(nest.build()), 0, options);
        for (int i = 0; i < 64; i++) {
          boolean expected = c[2] != 0 && (inclusive ? c[0] + i <= c[1] : c[0] + i < c[1]);
          assertThat(runner.floatAt(out, i))
              .as("%d of %s, inclusive %s", i, Arrays.toString(c), inclusive)
              .isEqualTo(expected ? runner.floatAt(in, i) : 5);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void outerBoundsChooseRows(EmissionOptions options) {
    Value in = floats(8 * 32);
    Value out = runner.buffer(DType.FP32, 8 * 32);
    Value sums = runner.buffer(DType.FP32, 8);
    Value rows = runner.scalar(DType.I32, 5);
    Value columns = runner.scalar(DType.I32, 29);
    var nest = new NestBuilder(8, 32);
    LaneStmt.Mask mask = bounds(below(0, rows), below(1, columns));
    Value x = nest.load(global(in, 32, 1), mask, nest.constant(DType.FP32, 0.25));
    nest.store(global(out, 32, 1), x, mask);
    nest.reduce(1, combine(BinaryKind.ADD, DType.FP32), List.of(x), scratch(DType.FP32, 0, 1, 0));
    var copy = new NestBuilder(8);
    copy.store(global(sums, 1), copy.load(scratch(DType.FP32, 0, 1)));
    runner.run(List.of(nest.build(), copy.build()), 64, options);
    for (int i = 0; i < 8; i++) {
      double sum = 0;
      for (int j = 0; j < 32; j++) {
        boolean active = i < 5 && j < 29;
        float value = runner.floatAt(in, i * 32 + j);
        assertThat(runner.floatAt(out, i * 32 + j)).isEqualTo(active ? value : 0);
        sum += active ? value : 0.25;
      }
      assertThat(runner.floatAt(sums, i))
          .isCloseTo((float) sum, org.assertj.core.data.Offset.offset(1e-5f));
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void clippedRowsAreNotTouched(EmissionOptions options) {
    Value in = floats(8 * 32);
    Value out = runner.buffer(DType.FP32, 8 * 32);
    Value rows = runner.scalar(DType.I32, 3);
    var nest = new NestBuilder(8, 32);
    LaneStmt.Mask mask = bounds(below(0, rows));
    nest.store(global(out, 32, 1), nest.load(global(in, 32, 1), mask, null), mask);
    runner.run(List.of(nest.build()), 0, options);
    for (int i = 0; i < 8 * 32; i++) {
      assertThat(runner.floatAt(out, i)).isEqualTo(i < 3 * 32 ? runner.floatAt(in, i) : 0);
    }
  }

  /** The order that the loop IR documents: 16 lanes, then halves. */
  private static float sumInOrder(float[] values) {
    return sumInOrder(values, sum -> sum);
  }

  private static float sumInOrder(float[] values, UnaryOperator<Float> rounding) {
    int lanes = Math.min(16, values.length);
    float[] lane = new float[lanes];
    for (int i = 0; i < values.length; i++) {
      lane[i % lanes] = i < lanes ? values[i] : rounding.apply(lane[i % lanes] + values[i]);
    }
    for (int half = lanes / 2; half >= 1; half /= 2) {
      for (int l = 0; l < half; l++) {
        lane[l] = rounding.apply(lane[l] + lane[l + half]);
      }
    }
    return lane[0];
  }

  @ParameterizedTest
  @MethodSource("widths")
  void sumsAlongTheLastAxisFollowTheDocumentedOrder(EmissionOptions options) {
    for (int n : new int[] {1, 2, 4, 8, 16, 32, 128, 512}) {
      Value in = floats(4 * n);
      Value out = runner.buffer(DType.FP32, 4);
      var nest = new NestBuilder(4, n);
      Value x = nest.load(global(in, n, 1));
      nest.reduce(1, combine(BinaryKind.ADD, DType.FP32), List.of(x), scratch(DType.FP32, 0, 1, 0));
      var copy = new NestBuilder(4);
      copy.store(global(out, 1), copy.load(scratch(DType.FP32, 0, 1)));
      runner.run(List.of(nest.build(), copy.build()), 64, options);
      for (int i = 0; i < 4; i++) {
        float[] row = new float[n];
        for (int j = 0; j < n; j++) {
          row[j] = runner.floatAt(in, i * n + j);
        }
        assertThat(runner.floatAt(out, i)).as("row of %d", n).isEqualTo(sumInOrder(row));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void sumsOfNarrowFloatsRoundAfterEveryAddition(EmissionOptions options) {
    for (int n : new int[] {2, 16, 64}) {
      Value in = runner.buffer(DType.FP16, n);
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        values[i] = i % 3 == 0 ? 1024 : 1.5f * i;
        runner.setBits(in, i, Float.floatToFloat16(values[i]));
      }
      Value out = runner.buffer(DType.FP16, 1);
      var nest = new NestBuilder(n);
      Value x = nest.load(global(in, 1));
      nest.reduce(0, combine(BinaryKind.ADD, DType.FP16), List.of(x), scratch(DType.FP16, 0, 0));
      Value sum = NestBuilder.value(DType.FP16);
      runner.run(
          List.of(
              nest.build(),
              new LoopStmt.ReadElement(LOC, sum, scratch(DType.FP16, 0)),
              scalarStore(out, sum)),
          64,
          options);
      assertThat(Float.float16ToFloat((short) runner.bits(out, 0)))
          .as("sum of %d", n)
          .isEqualTo(sumInOrder(values, v -> Float.float16ToFloat(Float.floatToFloat16(v))));
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void largestAndLeastPreferNumbersToNaNAndOrderZeros(EmissionOptions options) {
    float inf = Float.POSITIVE_INFINITY;
    float[][] rows = {
      {Float.NaN, -3, 5, -Float.NaN},
      {-0f, 0f},
      {Float.NaN},
      {-inf, Float.NaN},
      {inf, -inf, 1},
      {Float.intBitsToFloat(0xffffffff), -7},
      {Float.intBitsToFloat(0x7fffffff), -Float.MIN_VALUE}
    };
    for (float[] row : rows) {
      Value in = runner.buffer(DType.FP32, 64);
      float most = Float.NaN;
      float least = Float.NaN;
      for (int i = 0; i < 64; i++) {
        float x = row[i % row.length];
        runner.setFloat(in, i, x);
        most = Float.isNaN(most) ? x : Float.isNaN(x) ? most : Math.max(most, x);
        least = Float.isNaN(least) ? x : Float.isNaN(x) ? least : Math.min(least, x);
      }
      Value out = runner.buffer(DType.FP32, 2);
      var nest = new NestBuilder(64);
      Value x = nest.load(global(in, 1));
      nest.reduce(0, combine(BinaryKind.MAX, DType.FP32), List.of(x), scratch(DType.FP32, 0, 0));
      nest.reduce(0, combine(BinaryKind.MIN, DType.FP32), List.of(x), scratch(DType.FP32, 4, 0));
      var copy = new NestBuilder(2);
      copy.store(global(out, 1), copy.load(scratch(DType.FP32, 0, 1)));
      runner.run(List.of(nest.build(), copy.build()), 64, options);
      assertThat(runner.floatAt(out, 0))
          .as("largest of " + Arrays.toString(row))
          .isEqualTo((Float) most);
      assertThat(runner.floatAt(out, 1))
          .as("least of " + Arrays.toString(row))
          .isEqualTo((Float) least);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void reductionsAlongAnOuterAxisAscend(EmissionOptions options) {
    Value in = floats(8 * 32);
    Value out = runner.buffer(DType.FP32, 32);
    var nest = new NestBuilder(8, 32);
    Value x = nest.load(global(in, 32, 1));
    nest.reduce(0, combine(BinaryKind.ADD, DType.FP32), List.of(x), scratch(DType.FP32, 0, 0, 1));
    var copy = new NestBuilder(32);
    copy.store(global(out, 1), copy.load(scratch(DType.FP32, 0, 1)));
    runner.run(List.of(nest.build(), copy.build()), 128, options);
    for (int j = 0; j < 32; j++) {
      float sum = runner.floatAt(in, j);
      for (int i = 1; i < 8; i++) {
        sum += runner.floatAt(in, i * 32 + j);
      }
      assertThat(runner.floatAt(out, j)).isEqualTo(sum);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void reductionsCombineSeveralValuesAtOnce(EmissionOptions options) {
    int n = 128;
    Value in = runner.buffer(DType.FP32, n);
    for (int i = 0; i < n; i++) {
      runner.setFloat(in, i, (i * 37 + 11) % 50);
    }
    Value out = runner.buffer(DType.FP32, 1);
    Value at = runner.buffer(DType.I32, 1);
    var nest = new NestBuilder(n);
    Value x = nest.load(global(in, 1));
    nest.reduce(
        0,
        NestBuilder.argMax(DType.FP32),
        List.of(x, nest.index(0)),
        scratch(DType.FP32, 0, 0),
        scratch(DType.I32, 64, 0));
    Value best = NestBuilder.value(DType.FP32);
    Value where = NestBuilder.value(DType.I32);
    runner.run(
        List.of(
            nest.build(),
            new LoopStmt.ReadElement(LOC, best, scratch(DType.FP32, 0)),
            new LoopStmt.ReadElement(LOC, where, scratch(DType.I32, 64)),
            scalarStore(out, best),
            scalarStore(at, where)),
        128,
        options);
    assertThat(runner.floatAt(out, 0)).isEqualTo(49);
    assertThat(runner.bits(at, 0)).isEqualTo(24);
  }

  private static LoopStmt scalarStore(Value pointer, Value value) {
    return new LoopStmt.Scalar(
        new MemoryOp.Store(LOC, pointer, value, Optional.empty(), MemoryOp.CacheHints.NONE));
  }

  @ParameterizedTest
  @MethodSource("widths")
  void stridesAreFollowed(EmissionOptions options) {
    Value in = floats(64 * 3);
    Value scattered = runner.buffer(DType.FP32, 64 * 2);
    Value repeated = runner.buffer(DType.FP32, 64);
    Value stride = runner.scalar(DType.I32, 3);
    var nest = new NestBuilder(64);
    Value x =
        nest.load(
            new TileRef(DType.FP32, new TileRef.Global(in), List.of(new TileRef.Dynamic(stride))));
    nest.store(global(scattered, 2), x);
    nest.store(global(repeated, 1), nest.load(global(in, 0)));
    runner.run(List.of(nest.build()), 0, options);
    for (int i = 0; i < 64; i++) {
      assertThat(runner.floatAt(scattered, 2 * i)).isEqualTo(runner.floatAt(in, 3 * i));
      assertThat(runner.floatAt(repeated, i)).isEqualTo(runner.floatAt(in, 0));
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void everySecondElementIsReadAndWrittenAndNothingElse(EmissionOptions options) {
    int count = 32;
    for (DType dtype : new DType[] {DType.FP32, DType.I32, DType.FP64, DType.I64, DType.I16}) {
      for (int[] range : new int[][] {{0, 32}, {3, 29}, {0, 1}, {14, 18}, {20, 20}, {31, 40}}) {
        Value in = runner.buffer(dtype, 2 * count - 1);
        Value gathered = runner.buffer(dtype, count);
        Value scattered = runner.buffer(dtype, 2 * count);
        for (int i = 0; i < 2 * count - 1; i++) {
          runner.setBits(in, i, 1000 + i);
          runner.setBits(scattered, i, 7);
        }
        Value lower = runner.scalar(DType.I32, range[0]);
        Value upper = runner.scalar(DType.I32, range[1]);
        var nest = new NestBuilder(count);
        LaneStmt.Mask mask = bounds(between(0, lower, upper));
        nest.store(global(gathered, 1), nest.load(global(in, 2), mask, null));
        nest.store(global(scattered, 2), nest.load(global(in, 2)), mask);
        runner.run(List.of(nest.build()), 0, options);
        for (int i = 0; i < count; i++) {
          boolean isActive = i >= range[0] && i < range[1];
          String what = "%s %d of %d..%d".formatted(dtype, i, range[0], range[1]);
          long element = 1000 + 2 * i;
          assertThat(runner.bits(gathered, i)).as(what).isEqualTo(isActive ? element : 0);
          assertThat(runner.bits(scattered, 2 * i)).as(what).isEqualTo(isActive ? element : 7);
          assertThat(runner.bits(scattered, 2 * i + 1)).as(what).isEqualTo(i < count - 1 ? 7 : 0);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void oneElementIsReadForAllLanesThatAreActive(EmissionOptions options) {
    for (DType dtype : new DType[] {DType.I1, DType.I16, DType.FP16, DType.I64}) {
      for (int limit : new int[] {0, 1, 37, 64}) {
        Value in = runner.buffer(dtype, 1);
        runner.setBits(in, 0, dtype == DType.FP16 ? Float.floatToFloat16(-3) : 1);
        Value out = runner.buffer(dtype, 64);
        Value upper = runner.scalar(DType.I32, limit);
        var nest = new NestBuilder(64);
        nest.store(global(out, 1), nest.load(global(in, 0), bounds(below(0, upper)), null));
        runner.run(List.of(nest.build()), 0, options);
        for (int i = 0; i < 64; i++) {
          assertThat(runner.bits(out, i))
              .as("%s %d of %d", dtype, i, limit)
              .isEqualTo(i < limit ? runner.bits(in, 0) : 0);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void indexedRowsAreReadThroughTheirVector(EmissionOptions options) {
    Value in = floats(16 * 32);
    Value out = runner.buffer(DType.FP32, 4 * 32);
    var offsets = new NestBuilder(4);
    Value row = offsets.binary(BinaryKind.MUL, offsets.index(0), offsets.constant(DType.I32, 3L));
    Value bytes =
        offsets.cast(
            dev.kiln.compiler.ir.CastKind.EXTS,
            DType.I64,
            offsets.binary(BinaryKind.MUL, row, offsets.constant(DType.I32, 128L)));
    offsets.store(scratch(DType.I64, 64, 1), bytes);
    var nest = new NestBuilder(4, 32);
    var ref =
        new TileRef(
            DType.FP32,
            new TileRef.Global(in),
            List.of(new TileRef.Indexed(64), new TileRef.Fixed(1)));
    nest.store(global(out, 32, 1), nest.load(ref));
    runner.run(List.of(offsets.build(), nest.build()), 256, options);
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 32; j++) {
        assertThat(runner.floatAt(out, i * 32 + j)).isEqualTo(runner.floatAt(in, 3 * i * 32 + j));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void gathersAndScattersTakeAddressesOfTheirOwn(EmissionOptions options) {
    Value in = floats(64);
    Value out = runner.buffer(DType.FP32, 64);
    var nest = new NestBuilder(64);
    Value i = nest.index(0);
    Value reversed = nest.binary(BinaryKind.SUB, nest.constant(DType.I32, 63L), i);
    Value active = nest.compare(CompareKind.LT, i, nest.constant(DType.I32, 50L));
    var mask = new LaneStmt.Mask(List.of(), Optional.of(active));
    Value x = nest.gather(nest.addPtr(in, reversed), mask, nest.constant(DType.FP32, 9.0));
    Value halved = nest.binary(BinaryKind.SHRU, i, nest.constant(DType.I32, 1L));
    nest.add(new LaneStmt.ScatterStore(LOC, nest.addPtr(out, halved), x, LaneStmt.Mask.ALL));
    runner.run(List.of(nest.build()), 0, options);
    for (int j = 0; j < 32; j++) {
      int last = 2 * j + 1;
      float expected = last < 50 ? runner.floatAt(in, 63 - last) : 9;
      assertThat(runner.floatAt(out, j)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void tilesAreGatheredByOffset(EmissionOptions options) {
    Value in = floats(32);
    Value out = runner.buffer(DType.FP32, 32);
    var fill = new NestBuilder(32);
    fill.store(scratch(DType.FP32, 0, 1), fill.load(global(in, 1)));
    var nest = new NestBuilder(32);
    Value flipped = nest.binary(BinaryKind.XOR, nest.index(0), nest.constant(DType.I32, 5L));
    Value x = NestBuilder.value(DType.FP32);
    nest.add(new LaneStmt.GatherTile(LOC, x, scratch(DType.FP32, 0, 0), flipped));
    nest.store(global(out, 1), x);
    runner.run(List.of(fill.build(), nest.build()), 128, options);
    for (int i = 0; i < 32; i++) {
      assertThat(runner.floatAt(out, i)).isEqualTo(runner.floatAt(in, i ^ 5));
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void tilesAreGatheredAlongAnOuterAxis(EmissionOptions options) {
    Value in = floats(8 * 32);
    Value out = runner.buffer(DType.FP32, 32);
    Value chosen = runner.scalar(DType.I32, 5);
    var fill = new NestBuilder(256);
    fill.store(scratch(DType.FP32, 0, 1), fill.load(global(in, 1)));
    var nest = new NestBuilder(32);
    Value offset = nest.binary(BinaryKind.MUL, chosen, nest.constant(DType.I32, 32L));
    Value x = NestBuilder.value(DType.FP32);
    nest.add(new LaneStmt.GatherTile(LOC, x, scratch(DType.FP32, 0, 1), offset));
    nest.store(global(out, 1), x);
    runner.run(List.of(fill.build(), nest.build()), 8 * 32 * 4, options);
    for (int i = 0; i < 32; i++) {
      assertThat(runner.floatAt(out, i)).isEqualTo(runner.floatAt(in, 5 * 32 + i));
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void atomicsRunInRowMajorOrder(EmissionOptions options) {
    Value counter = runner.buffer(DType.I32, 4);
    Value before = runner.buffer(DType.I32, 64);
    var nest = new NestBuilder(64);
    Value i = nest.index(0);
    Value bin = nest.binary(BinaryKind.AND, i, nest.constant(DType.I32, 3L));
    Value old = NestBuilder.value(DType.I32);
    nest.add(
        new LaneStmt.AtomicRmw(
            LOC, old, MemoryOp.AtomicKind.ADD, nest.addPtr(counter, bin), i, LaneStmt.Mask.ALL));
    nest.store(global(before, 1), old);
    runner.run(List.of(nest.build()), 0, options);
    int[] sums = new int[4];
    for (int j = 0; j < 64; j++) {
      assertThat(runner.bits(before, j)).isEqualTo(sums[j & 3]);
      sums[j & 3] += j;
    }
    assertThat(runner.bits(counter, 1)).isEqualTo(sums[1]);
  }

  @ParameterizedTest
  @MethodSource("widths")
  void failedAssertionsNameTheProgram(EmissionOptions options) {
    Value limit = runner.scalar(DType.I32, 40);
    var nest = new NestBuilder(64);
    Value fine = nest.compare(CompareKind.NE, nest.index(0), nest.constant(DType.I32, 40L));
    nest.add(new LaneStmt.Assert(LOC, fine, "not forty", bounds(below(0, limit))));
    runner.run(List.of(nest.build()), 0, options, 2, 3);
    var failing = new NestBuilder(64);
    Value wrong =
        failing.compare(CompareKind.NE, failing.index(0), failing.constant(DType.I32, 39L));
    failing.add(new LaneStmt.Assert(LOC, wrong, "not 39", bounds(below(0, limit))));
    assertThatThrownBy(() -> runner.run(List.of(failing.build()), 0, options, 2, 3))
        .isInstanceOf(KernelAssertionError.class)
        .hasMessageContaining("not 39")
        .hasMessageContaining("(0, 0, 0)");
  }

  @ParameterizedTest
  @MethodSource("widths")
  void rowInvariantsAreComputedOncePerRow(EmissionOptions options) {
    Value in = floats(8 * 32);
    Value rows = floats(8);
    Value out = runner.buffer(DType.FP32, 8 * 32);
    Value perRow = runner.buffer(DType.FP32, 8);
    var nest = new NestBuilder(8, 32);
    Value scale = nest.load(global(rows, 1, 0));
    Value squared = nest.binary(BinaryKind.MUL, scale, scale);
    nest.store(global(perRow, 1, 0), squared);
    nest.store(
        scratch(DType.FP32, 0, 32, 1),
        nest.binary(BinaryKind.MUL, nest.load(global(in, 32, 1)), squared));
    var copy = new NestBuilder(256);
    copy.store(global(out, 1), copy.load(scratch(DType.FP32, 0, 1)));
    runner.run(List.of(nest.build(), copy.build()), 8 * 32 * 4, options);
    for (int i = 0; i < 8; i++) {
      float square = runner.floatAt(rows, i) * runner.floatAt(rows, i);
      assertThat(runner.floatAt(perRow, i)).isEqualTo(square);
      for (int j = 0; j < 32; j++) {
        assertThat(runner.floatAt(out, i * 32 + j))
            .isEqualTo(runner.floatAt(in, i * 32 + j) * square);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void programsSeeTheirIndices(EmissionOptions options) {
    Value out = runner.buffer(DType.I32, 64);
    Value pid0 = NestBuilder.value(DType.I32);
    Value pid1 = NestBuilder.value(DType.I32);
    Value pid2 = NestBuilder.value(DType.I32);
    Value count = NestBuilder.value(DType.I32);
    Value inner = NestBuilder.value(DType.I32);
    Value linear = NestBuilder.value(DType.I32);
    Value count1 = NestBuilder.value(DType.I32);
    Value high = NestBuilder.value(DType.I32);
    Value middle = NestBuilder.value(DType.I32);
    Value pointer = new Value(Type.pointer(DType.I32));
    Value hundred = NestBuilder.value(DType.I32);
    Value stored = NestBuilder.value(DType.I32);
    List<dev.kiln.compiler.ir.Op> ops =
        List.of(
            new dev.kiln.compiler.ir.ElementwiseOp.ProgramId(LOC, pid0, 0),
            new dev.kiln.compiler.ir.ElementwiseOp.ProgramId(LOC, pid1, 1),
            new dev.kiln.compiler.ir.ElementwiseOp.ProgramId(LOC, pid2, 2),
            new dev.kiln.compiler.ir.ElementwiseOp.NumPrograms(LOC, count, 0),
            new dev.kiln.compiler.ir.ElementwiseOp.NumPrograms(LOC, count1, 1),
            new dev.kiln.compiler.ir.ElementwiseOp.Binary(LOC, high, BinaryKind.MUL, pid2, count1),
            new dev.kiln.compiler.ir.ElementwiseOp.Binary(LOC, middle, BinaryKind.ADD, high, pid1),
            new dev.kiln.compiler.ir.ElementwiseOp.Binary(
                LOC, inner, BinaryKind.MUL, middle, count),
            new dev.kiln.compiler.ir.ElementwiseOp.Binary(LOC, linear, BinaryKind.ADD, inner, pid0),
            new dev.kiln.compiler.ir.ElementwiseOp.AddPtr(LOC, pointer, out, linear),
            new dev.kiln.compiler.ir.ElementwiseOp.Constant(LOC, hundred, 100L),
            new dev.kiln.compiler.ir.ElementwiseOp.Binary(
                LOC, stored, BinaryKind.ADD, hundred, linear),
            new MemoryOp.Store(LOC, pointer, stored, Optional.empty(), MemoryOp.CacheHints.NONE));
    runner.run(ops.stream().<LoopStmt>map(LoopStmt.Scalar::new).toList(), 0, options, 3, 4, 5);
    for (int i = 0; i < 60; i++) {
      assertThat(runner.bits(out, i)).isEqualTo(100 + i);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void nestsTooLargeForOneMethodAreCut(EmissionOptions options) {
    Value in = floats(64);
    Value out = runner.buffer(DType.FP32, 64);
    Value n = runner.scalar(DType.I32, 59);
    var nest = new NestBuilder(64);
    LaneStmt.Mask mask = bounds(below(0, n));
    Value index = nest.cast(dev.kiln.compiler.ir.CastKind.SITOFP, DType.FP32, nest.index(0));
    Value x = nest.load(global(in, 1), mask, null);
    Value early = nest.binary(BinaryKind.MUL, x, index);
    Value isLarge = nest.compare(CompareKind.GT, x, early);
    for (int i = 0; i < 600; i++) {
      x = nest.fma(x, nest.constant(DType.FP32, 0.5), i % 7 == 0 ? early : index);
    }
    nest.store(global(out, 1), nest.select(isLarge, x, add(nest, x, index)), mask);
    GeneratedClass generated =
        ClassFileEmitter.emit(runner.kernel(List.of(nest.build()), 0), options);
    for (var method : java.lang.classfile.ClassFile.of().parse(generated.bytes()).methods()) {
      var code = (java.lang.classfile.attribute.CodeAttribute) method.code().orElseThrow();
      assertThat(code.codeLength()).as(method.methodName().stringValue()).isLessThan(8000);
    }
    runner.run(generated.define(), generated.scratchBytes());
    for (int i = 0; i < 64; i++) {
      float start = runner.floatAt(in, i);
      float value = start;
      for (int j = 0; j < 600; j++) {
        value = Math.fma(value, 0.5f, j % 7 == 0 ? start * i : i);
      }
      float expected = start > start * i ? value : value + i;
      assertThat(runner.floatAt(out, i)).isEqualTo(i < 59 ? expected : 0);
    }
  }
}
