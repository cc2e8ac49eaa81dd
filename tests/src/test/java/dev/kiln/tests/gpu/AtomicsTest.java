package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Atomic operations on simulated GPUs. */
class AtomicsTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  private static final String EACH =
      HEAD
          + """
          @triton.jit
          def each(memory, x, old, N: tl.constexpr, LIMIT: tl.constexpr):
              i = tl.arange(0, N)
              v = tl.load(x + i)
              tl.store(old + i, tl.atomic_%1$s(memory + i, v, mask=i < LIMIT))
              tl.atomic_%1$s(memory + i, v + v, mask=i %% 2 == 0, sem='%2$s', scope='%3$s')
          """;

  static Stream<Arguments> kinds() {
    return Stream.of("add", "max", "min", "and", "or", "xor", "xchg")
        .flatMap(
            kind ->
                Stream.of(
                        DType.I32,
                        DType.I64,
                        DType.U32,
                        DType.FP16,
                        DType.BF16,
                        DType.FP32,
                        DType.FP64)
                    .filter(dtype -> dtype.isInteger() || !kind.matches("and|or|xor"))
                    .filter(dtype -> dtype.bits() > 16 || kind.equals("add"))
                    .map(dtype -> Arguments.of(kind, dtype)));
  }

  private static HostArray numbers(DType dtype, long seed, long n) {
    return dtype.isUnsigned()
        ? HostArray.integers(dtype, seed, 0, 200, n)
        : dtype.isInteger()
            ? HostArray.integers(dtype, seed, -100, 100, n)
            : HostArray.quarters(dtype, seed, n);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void updateEachElement(String kind, DType dtype) {
    for (int n : new int[] {16, 256}) {
      GpuTrial.of(EACH.formatted(kind, "relaxed", "gpu"), Grid.of(1))
          .warps(2)
          .check(numbers(dtype, 1, n), numbers(dtype, 2, n), HostArray.zeros(dtype, n), n, n - 3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"acquire", "release", "acq_rel"})
  void takeEverySemantics(String semantics) {
    for (String scope : new String[] {"cta", "gpu", "sys"}) {
      GpuTrial.of(EACH.formatted("add", semantics, scope), Grid.of(1))
          .check(
              numbers(DType.I32, 1, 64),
              numbers(DType.I32, 2, 64),
              HostArray.unwritten(DType.I32, 64),
              64,
              60);
    }
  }

  static Stream<DType> floats() {
    return Stream.of(DType.FP16, DType.BF16, DType.FP32, DType.FP64);
  }

  @ParameterizedTest
  @MethodSource("floats")
  void addToOnePlaceFromManyThreads(DType dtype) {
    String text =
        HEAD
            + """
            @triton.jit
            def onto(memory, x, N: tl.constexpr):
                i = tl.program_id(0) * N + tl.arange(0, N)
                tl.atomic_add(memory + i % 8, tl.load(x + i))
            """;
    GpuTrial.of(text, Grid.of(2))
        .check(HostArray.zeros(dtype, 8), HostArray.quarters(dtype, 2, 128), 64);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "fp64"})
  void extremaKnowNanAndSignedZeros(String type) {
    String text =
        HEAD
            + """
            @triton.jit
            def special(memory, old, N: tl.constexpr, M: tl.constexpr):
                i = tl.arange(0, N)
                row = i // M
                column = i %% M
                a = pick(row)
                b = pick(column)
                tl.store(memory + i, a)
                tl.debug_barrier()
                tl.store(old + i, tl.atomic_%s(memory + i, b).to(tl.%s, bitcast=True))
            """;
    String pick =
        """
        @triton.jit
        def pick(i):
            v = tl.where(i == 0, float('nan'), 0.0)
            v = tl.where(i == 1, -float('nan'), v)
            v = tl.where(i == 2, -0.0, v)
            v = tl.where(i == 3, 0.0, v)
            v = tl.where(i == 4, 1.5, v)
            v = tl.where(i == 5, -1.5, v)
            v = tl.where(i == 6, float('inf'), v)
            v = tl.where(i == 7, -float('inf'), v)
            return v.to(tl.%s)

        """;
    DType dtype = DType.parse(type).orElseThrow();
    String whole = HEAD + pick.formatted(dtype.languageName()) + text.substring(HEAD.length());
    String integer = dtype == DType.FP32 ? "int32" : "int64";
    DType bits = dtype == DType.FP32 ? DType.I32 : DType.I64;
    for (String kind : new String[] {"max", "min"}) {
      GpuTrial.of(whole.formatted(kind, integer), Grid.of(1))
          .check(HostArray.unwritten(dtype, 64), HostArray.unwritten(bits, 64), 64, 8);
    }
  }

  static Stream<DType> swapped() {
    return Stream.of(DType.I16, DType.I32, DType.I64, DType.FP16, DType.FP32, DType.FP64);
  }

  @ParameterizedTest
  @MethodSource("swapped")
  void compareAndSwap(DType dtype) {
    String text =
        HEAD
            + """
            @triton.jit
            def swaps(memory, expected, x, old, N: tl.constexpr):
                i = tl.arange(0, N)
                before = tl.atomic_cas(memory + i, tl.load(expected + i), tl.load(x + i))
                tl.store(old + i, before)
            """;
    GpuTrial.of(text, Grid.of(1))
        .check(
            HostArray.integers(dtype, 1, -2, 2, 64),
            HostArray.integers(dtype, 2, -2, 2, 64),
            HostArray.integers(dtype, 3, -90, 90, 64),
            HostArray.unwritten(dtype, 64),
            64);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void scalarsAreDoneOnceAndKnownToAllThreads(int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def ticket(counter, y, N: tl.constexpr):
                mine = tl.atomic_add(counter, 1)
                tl.store(y + mine * N + tl.arange(0, N), mine)
                tl.atomic_add(counter + 1, 3)
                tl.atomic_max(counter + 2, tl.program_id(0))
            """;
    GpuTrial.of(text, Grid.of(3))
        .warps(warps)
        .check(HostArray.zeros(DType.I32, 3), HostArray.unwritten(DType.I32, 3 * 64), 64);
  }

  /** Several blocks add to memory that only a lock protects. */
  @Test
  void aLockOrdersTheAccessesOfAllThreads() {
    String text =
        HEAD
            + """
            @triton.jit
            def locked(lock, sums, x, N: tl.constexpr):
                i = tl.arange(0, N)
                v = tl.load(x + tl.program_id(0) * N + i)
                while tl.atomic_cas(lock, 0, 1) == 1:
                    pass
                tl.store(sums + i, tl.load(sums + i) + v)
                tl.atomic_xchg(lock, 0)
            """;
    GpuTrial.of(text, Grid.of(4))
        .check(
            HostArray.zeros(DType.I32, 1),
            HostArray.zeros(DType.I32, 64),
            HostArray.integers(DType.I32, 1, -9, 9, 256),
            64);
  }

  @Test
  void everyTargetAddsBfloats() {
    String text =
        HEAD
            + """
            @triton.jit
            def add(memory, x, N: tl.constexpr):
                i = tl.arange(0, N)
                tl.atomic_add(memory + i, tl.load(x + i))
            """;
    for (Target target :
        List.of(Target.SM_80, Target.SM_89, Target.SM_90A, Target.SM_100, Target.SM_120)) {
      String ptx =
          GpuTrial.of(text, Grid.of(1))
              .on(target)
              .check(
                  HostArray.quarters(DType.BF16, 1, 64), HostArray.quarters(DType.BF16, 2, 64), 64)
              .getLast()
              .ptx();
      // Before sm_90 there is no such addition, so it is tried until nobody was in between.
      boolean hasOwn = target != Target.SM_80 && target != Target.SM_89;
      assertThat(ptx.contains(".cas.")).as(target + ": " + ptx).isEqualTo(!hasOwn);
    }
  }
}
