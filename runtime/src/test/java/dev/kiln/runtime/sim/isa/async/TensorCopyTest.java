package dev.kiln.runtime.sim.isa.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.OutOfBoundsFill;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.isa.async.Launch.Ints;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.ptx.PtxException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Boxes against loops over coordinates. */
class TensorCopyTest {
  private static final int SHARED = 8192;

  private static final String PARAMETERS =
      ".param .align 64 .b8 map[128], .param .u64 dump, .param .u32 bytes,"
          + " .param .u32 c0, .param .u32 c1, .param .u32 c2, .param .u32 c3, .param .u32 c4";

  /** Shared memory is full of a pattern that depends on the address. */
  private static final String PROLOGUE =
      """
      mov.b64 %rd1, map;
      cvta.param.u64 %rd1, %rd1;
      ld.param.u64 %rd2, [dump];
      ld.param.u32 %r3, [bytes];
      ld.param.u32 %r30, [c0];
      ld.param.u32 %r31, [c1];
      ld.param.u32 %r32, [c2];
      ld.param.u32 %r33, [c3];
      ld.param.u32 %r34, [c4];
      mov.u32 %r1, %tid.x;
      mov.u32 %r2, smem;
      mov.u32 %r4, bar;
      setp.eq.u32 %p1, %r1, 0;
      mul.lo.u32 %r5, %r1, 4;
      FILL:
      add.u32 %r6, %r5, %r2;
      or.b32 %r7, %r5, 0xABC00000;
      st.shared.u32 [%r6], %r7;
      add.u32 %r5, %r5, 128;
      setp.lt.u32 %p2, %r5, 8192;
      @%p2 bra FILL;
      @%p1 mbarrier.init.shared.b64 [%r4], 1;
      fence.proxy.async.shared::cta;
      bar.warp.sync -1;
      """;

  private static final String DUMP =
      """
      mul.lo.u32 %r5, %r1, 4;
      DUMP:
      add.u32 %r6, %r5, %r2;
      ld.shared.u32 %r7, [%r6];
      cvt.u64.u32 %rd5, %r5;
      add.u64 %rd5, %rd5, %rd2;
      st.global.u32 [%rd5], %r7;
      add.u32 %r5, %r5, 128;
      setp.lt.u32 %p2, %r5, 8192;
      @%p2 bra DUMP;
      """;

  private static String coordinates(int rank) {
    return IntStream.range(0, rank)
        .mapToObj(i -> "%r" + (30 + i))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static String load(int rank) {
    return PROLOGUE
        + """
        @%%p1 mbarrier.arrive.expect_tx.shared.b64 _, [%%r4], %%r3;
        @%%p1 cp.async.bulk.tensor.%1$dd.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%%r2+1024], [%%rd1, %2$s], [%%r4];
        WAIT:
        mbarrier.try_wait.parity.shared::cta.b64 %%p2, [%%r4], 0;
        @!%%p2 bra WAIT;
        """
            .formatted(rank, coordinates(rank))
        + DUMP;
  }

  private static String store(int rank, String operation) {
    return PROLOGUE
        + """
        @%%p1 %3$s.%1$dd.global.shared::cta.%4$stile.bulk_group [%%rd1, %2$s], [%%r2+1024];
        cp.async.bulk.commit_group;
        cp.async.bulk.wait_group 0;
        """
            .formatted(
                rank,
                coordinates(rank),
                operation.isEmpty() ? "cp.async.bulk.tensor" : "cp.reduce.async.bulk.tensor",
                operation.isEmpty() ? "" : operation + ".");
  }

  /** A tensor in a buffer of random bytes that begins 64 bytes before it. */
  private record Tensor(byte[] bytes, UnaryOperator<TensorMap.Builder> parameters, DataType type) {
    static final int MARGIN = 64;

    TensorMap map(long buffer, long... dimensions) {
      return parameters.apply(TensorMap.tiled(type, buffer + MARGIN, dimensions)).build();
    }
  }

  private static byte[] random(int count) {
    byte[] bytes = new byte[count];
    SplittableRandom random = new SplittableRandom(count);
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] background() {
    byte[] bytes = new byte[SHARED];
    for (int i = 0; i < SHARED; i += 4) {
      int word = i | 0xABC00000;
      for (int j = 0; j < 4; j++) {
        bytes[i + j] = (byte) (word >>> 8 * j);
      }
    }
    return bytes;
  }

  /** Visits a box's elements: where each lies in shared memory and, or -1, in the buffer. */
  private interface ElementVisitor {
    void element(int shared, int global);
  }

  private static void forEach(TensorMap map, int[] at, ElementVisitor visitor) {
    int rank = map.rank();
    int size = map.type().bytes();
    int total = 1;
    int[] counts = new int[rank];
    for (int i = 0; i < rank; i++) {
      int step = i == 0 ? 1 : map.elementStride(i);
      counts[i] = (map.box(i) + step - 1) / step;
      total *= counts[i];
    }
    for (int number = 0; number < total; number++) {
      int rest = number;
      boolean inside = true;
      long global = Tensor.MARGIN;
      for (int i = 0; i < rank; i++) {
        int coordinate = at[i] + rest % counts[i] * (i == 0 ? 1 : map.elementStride(i));
        rest /= counts[i];
        inside &= coordinate >= 0 && coordinate < map.dimension(i);
        global += coordinate * (i == 0 ? size : map.stride(i));
      }
      int address = 1024 + number * size;
      int span = map.swizzle().span();
      if (span != 0) {
        int line = address / 128;
        int chunk = address / 16 % 8;
        int within = span / 16;
        int moved = chunk / within * within + (chunk % within ^ line % within);
        address = line * 128 + moved * 16 + address % 16;
      }
      visitor.element(address, inside ? (int) global : -1);
    }
  }

  private static void assertLoads(
      DataType type, long[] dimensions, UnaryOperator<TensorMap.Builder> parameters, int... at) {
    assertLoads(null, type, dimensions, parameters, at);
    assertLoads(new Monitor() {}, type, dimensions, parameters, at);
  }

  private static void assertLoads(
      Monitor monitor,
      DataType type,
      long[] dimensions,
      UnaryOperator<TensorMap.Builder> parameters,
      int... at) {
    Tensor tensor = new Tensor(random(32768), parameters, type);
    try (Launch launch = new Launch().monitor(monitor)) {
      Ints buffer = launch.bytes(tensor.bytes);
      Ints dump = launch.bytes(new byte[SHARED]);
      TensorMap map = tensor.map(buffer.address(), dimensions);
      int[] c = Arrays.copyOf(at, 5);
      String text = Launch.module(PARAMETERS, load(at.length));
      launch.run(text, map, dump, (int) map.boxBytes(), c[0], c[1], c[2], c[3], c[4]);
      byte[] expected = background();
      int size = type.bytes();
      forEach(
          map,
          at,
          (shared, global) -> {
            for (int i = 0; i < size; i++) {
              boolean nan = map.fill() == OutOfBoundsFill.NAN_REQUEST_ZERO_FMA;
              byte fill = (byte) (nan ? i == size - 1 ? 0x7f : 0xff : 0);
              expected[shared + i] = global < 0 ? fill : tensor.bytes[global + i];
            }
          });
      assertThat(dump.bytes()).isEqualTo(expected);
    }
  }

  private static void assertStores(
      DataType type, long[] dimensions, UnaryOperator<TensorMap.Builder> parameters, int... at) {
    assertStores(null, type, dimensions, parameters, at);
    assertStores(new Monitor() {}, type, dimensions, parameters, at);
  }

  private static void assertStores(
      Monitor monitor,
      DataType type,
      long[] dimensions,
      UnaryOperator<TensorMap.Builder> parameters,
      int... at) {
    Tensor tensor = new Tensor(random(32768), parameters, type);
    try (Launch launch = new Launch().monitor(monitor)) {
      Ints buffer = launch.bytes(tensor.bytes);
      TensorMap map = tensor.map(buffer.address(), dimensions);
      int[] c = Arrays.copyOf(at, 5);
      String text = Launch.module(PARAMETERS, store(at.length, ""));
      launch.run(text, map, buffer, 0, c[0], c[1], c[2], c[3], c[4]);
      byte[] expected = tensor.bytes.clone();
      byte[] source = background();
      forEach(
          map,
          at,
          (shared, global) -> {
            if (global >= 0) {
              System.arraycopy(source, shared, expected, global, type.bytes());
            }
          });
      assertThat(buffer.bytes()).isEqualTo(expected);
    }
  }

  private static void assertBoth(
      DataType type, long[] dimensions, UnaryOperator<TensorMap.Builder> parameters, int... at) {
    assertLoads(type, dimensions, parameters, at);
    assertStores(type, dimensions, parameters, at);
  }

  @ParameterizedTest
  @CsvSource({"0", "5", "-3", "95", "100", "2000000000", "-2000000000"})
  void oneDimension(int at) {
    assertBoth(DataType.UINT32, new long[] {100}, map -> map.box(8), at);
    assertBoth(DataType.FLOAT16, new long[] {100}, map -> map.box(8), at);
    assertBoth(DataType.UINT8, new long[] {100}, map -> map.box(16), at);
    assertBoth(DataType.FLOAT64, new long[] {100}, map -> map.box(10), at);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "64,3", "-5,-2", "190,45", "-70,0", "0,50", "7,9"})
  void matricesWithEachSwizzle(int x, int y) {
    long[] matrix = {200, 47};
    assertBoth(DataType.FLOAT16, matrix, map -> map.strides(416).box(24, 10), x, y);
    for (Swizzle swizzle : new Swizzle[] {Swizzle.BYTES_32, Swizzle.BYTES_64, Swizzle.BYTES_128}) {
      assertBoth(
          DataType.FLOAT16,
          matrix,
          map -> map.strides(416).box(swizzle.span() / 2, 19).swizzle(swizzle),
          x,
          y);
    }
    assertBoth(
        DataType.UINT8,
        matrix,
        map -> map.strides(208).box(128, 9).swizzle(Swizzle.BYTES_128),
        x,
        y);
    assertBoth(
        DataType.INT64,
        new long[] {20, 47},
        map -> map.box(8, 9).swizzle(Swizzle.BYTES_64),
        x / 10,
        y);
  }

  @Test
  void threeToFiveDimensions() {
    assertBoth(DataType.FLOAT32, new long[] {12, 7, 5}, map -> map.box(4, 3, 4), -1, 5, 2);
    assertBoth(
        DataType.BFLOAT16, new long[] {16, 5, 4, 6}, map -> map.box(8, 2, 3, 4), 8, -1, 2, -2);
    assertBoth(
        DataType.UINT16,
        new long[] {16, 3, 4, 3, 5},
        map -> map.box(16, 2, 2, 3, 2).swizzle(Swizzle.BYTES_32),
        0,
        2,
        -1,
        1,
        4);
  }

  @Test
  void stridesMayPermuteAndRepeat() {
    assertLoads(
        DataType.FLOAT16,
        new long[] {32, 6, 8},
        map -> map.strides(512, 64).box(16, 3, 8),
        4,
        1,
        0);
    assertLoads(
        DataType.FLOAT16, new long[] {32, 6, 8}, map -> map.strides(0, 64).box(16, 3, 8), 0, 4, 1);
  }

  @Test
  void elementStridesSkip() {
    assertBoth(
        DataType.FLOAT32,
        new long[] {16, 40, 9},
        map -> map.box(8, 11, 5).elementStrides(3, 4, 2),
        2,
        -4,
        3);
  }

  @Test
  void floatsOutOfBoundsMayBecomeNan() {
    UnaryOperator<TensorMap.Builder> nan =
        map -> map.box(8, 4).outOfBounds(OutOfBoundsFill.NAN_REQUEST_ZERO_FMA);
    assertLoads(DataType.FLOAT16, new long[] {16, 6}, nan, 10, 4);
    assertLoads(DataType.BFLOAT16, new long[] {16, 6}, nan, -3, 4);
    assertLoads(DataType.FLOAT32, new long[] {16, 6}, nan, 10, -2);
    assertLoads(DataType.FLOAT64, new long[] {16, 6}, nan, 10, 4);
  }

  @Test
  void reductionsChangeTheTensorWithinItsBounds() {
    long[] matrix = {20, 9};
    byte[] start = random(4096);
    try (Launch launch = new Launch()) {
      Ints buffer = launch.bytes(start);
      TensorMap map =
          TensorMap.tiled(DataType.UINT32, buffer.address() + Tensor.MARGIN, matrix)
              .box(8, 6)
              .swizzle(Swizzle.BYTES_32)
              .build();
      String text = Launch.module(PARAMETERS, store(2, "max"));
      launch.run(text, map, buffer, 0, 15, 5, 0, 0, 0);
      byte[] expected = start.clone();
      byte[] source = background();
      forEach(
          map,
          new int[] {15, 5},
          (shared, global) -> {
            if (global >= 0
                && Integer.compareUnsigned(word(source, shared), word(start, global)) > 0) {
              System.arraycopy(source, shared, expected, global, 4);
            }
          });
      assertThat(buffer.bytes()).isEqualTo(expected).isNotEqualTo(start);
    }
  }

  private static int word(byte[] bytes, int at) {
    return bytes[at] & 0xff
        | (bytes[at + 1] & 0xff) << 8
        | (bytes[at + 2] & 0xff) << 16
        | bytes[at + 3] << 24;
  }

  @Test
  void mapsAreReplacedInMemory() {
    // The map is copied to shared memory, changed there, copied to global memory, and used.
    String body =
        PROLOGUE
            + """
            add.u64 %rd3, %rd2, 8192;
            mul.wide.u32 %rd6, %r1, 4;
            add.u64 %rd7, %rd1, %rd6;
            ld.b32 %r10, [%rd7];
            mul.lo.u32 %r11, %r1, 4;
            add.u32 %r11, %r11, %r2;
            st.shared.b32 [%r11], %r10;
            bar.warp.sync -1;
            cvt.u64.u32 %rd8, %r32;
            add.u64 %rd8, %rd2, %rd8;
            @%p1 tensormap.replace.tile.global_address.shared::cta.b1024.b64 [%r2], %rd8;
            @%p1 tensormap.replace.tile.global_dim.shared::cta.b1024.b32 [%r2], 1, 3;
            @%p1 tensormap.replace.tile.global_stride.shared::cta.b1024.b64 [%r2], 0, 64;
            bar.warp.sync -1;
            ld.shared.b32 %r10, [%r11];
            add.u64 %rd7, %rd3, %rd6;
            st.global.b32 [%rd7], %r10;
            bar.warp.sync -1;
            @%p1 tensormap.replace.tile.box_dim.global.b1024.b32 [%rd3], 1, 4;
            bar.warp.sync -1;
            @%p1 mbarrier.arrive.expect_tx.shared.b64 _, [%r4], 128;
            @%p1 cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r2+1024], [%rd3, {0, 1}], [%r4];
            WAIT:
            mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r4], 0;
            @!%p2 bra WAIT;
            add.u32 %r11, %r11, 1024;
            ld.shared.b32 %r10, [%r11];
            add.u64 %rd7, %rd2, %rd6;
            st.global.b32 [%rd7], %r10;
            """;
    try (Launch launch = new Launch()) {
      Ints buffer = launch.ints(4096, i -> i);
      TensorMap map = TensorMap.tiled(DataType.INT32, buffer.address(), 8, 100).box(8, 2).build();
      launch.run(Launch.module(PARAMETERS, body), map, buffer, 0, 0, 0, 4096, 0, 0);
      // 8 ints from each of rows 1 and 2, a row being 16 ints; rows 3 and 4 are out of bounds.
      assertThat(Arrays.copyOf(buffer.read(), 32))
          .isEqualTo(Launch.range(32, i -> i < 16 ? 1024 + (1 + i / 8) * 16 + i % 8 : 0));
    }
  }

  @Test
  void garbageIsNoMap() {
    try (Launch launch = new Launch()) {
      Ints buffer = launch.bytes(random(4096));
      String text = Launch.module(PARAMETERS, load(1));
      assertThatThrownBy(() -> launch.run(text, 0L, buffer, 128, 0, 0, 0, 0, 0))
          .hasMessageContaining("not a tensor map");
    }
  }

  private static void assertFault(
      TensorMap.Builder map, Ints dump, Launch launch, int rank, LaneFault.Kind kind, String text) {
    assertThatThrownBy(
            () ->
                launch.run(
                    Launch.module(PARAMETERS, load(rank)), map.build(), dump, 0, 0, 0, 0, 0, 0))
        .isInstanceOfSatisfying(SimFault.class, fault -> assertThat(fault.kind()).isEqualTo(kind))
        .hasMessageContaining(text)
        .hasMessageContaining("cp.async.bulk.tensor");
  }

  @Test
  void faultsNameTheCopy() {
    try (Launch launch = new Launch()) {
      Ints dump = launch.bytes(random(8192));
      long address = dump.address();
      assertFault(
          TensorMap.tiled(DataType.UINT8, address, 64).box(16),
          dump,
          launch,
          2,
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          "2 dimensions of a tensor with 1");
      assertFault(
          TensorMap.tiled(DataType.UINT8, address, 64, 1000).box(64, 256),
          dump,
          launch,
          2,
          LaneFault.Kind.ILLEGAL_ADDRESS,
          "global");
      assertFault(
          TensorMap.tiled(DataType.UINT8, address, 64, 16).box(64, 256),
          dump,
          launch,
          2,
          LaneFault.Kind.ILLEGAL_ADDRESS,
          "shared");
      assertFault(
          TensorMap.tiled(DataType.UINT8, address, 64, 16).box(64, 8).swizzle(Swizzle.BYTES_128),
          dump,
          launch,
          2,
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          "swizzle of 128 bytes over rows of 64 bytes");
      assertFault(
          TensorMap.tiled(DataType.TFLOAT32, address, 64, 16).box(16, 8),
          dump,
          launch,
          2,
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          "TFLOAT32");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
            + " [%r2], [%rd1, {%r30}], [%r4];",
        "cp.async.bulk.tensor.3d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes"
            + " [%r2], [%rd1, {%r30, %r30, %r30}], [%r4], {%h1};",
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile::gather4.mbarrier::complete_tx::bytes"
            + " [%r2], [%rd1, {%r30, %r30, %r30, %r30, %r30}], [%r4];",
        "cp.async.bulk.tensor.1d.global.shared::cta.mbarrier::complete_tx::bytes"
            + " [%rd1, {%r30}], [%r2];",
        "cp.reduce.async.bulk.tensor.1d.global.shared::cta.bulk_group [%rd1, {%r30}], [%r2];"
      })
  void wrongFormsAreRefused(String instruction) {
    try (Launch launch = new Launch()) {
      String text = Launch.module(PARAMETERS, PROLOGUE + instruction);
      assertThatThrownBy(() -> launch.run(text)).isInstanceOf(PtxException.class);
    }
  }

  @Test
  void prefetchesDoNothing() {
    String body =
        PROLOGUE + "cp.async.bulk.prefetch.tensor.2d.L2.global.tile [%rd1, {%r30, %r31}];\n" + DUMP;
    try (Launch launch = new Launch()) {
      Ints dump = launch.bytes(new byte[SHARED]);
      TensorMap map = TensorMap.tiled(DataType.INT32, dump.address(), 8, 9).box(8, 2).build();
      launch.run(Launch.module(PARAMETERS, body), map, dump, 0, 0, 0, 0, 0, 0);
      assertThat(dump.bytes()).isEqualTo(background());
    }
  }
}
