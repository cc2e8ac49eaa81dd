package dev.kiln.runtime.sim.monitor.count;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.Site.SourcePlace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Small texts whose counts can be told by looking at them. */
class CountersTest {
  private static final String HEADER =
      """
      .version 9.0
      .target sm_90a
      .address_size 64
      .file 1 "kernel.cu"
      """;

  /** Declares what bodies use: %rd1 is the buffer, %r1 the thread, %rd2 its word in the buffer. */
  private static final String BEGIN =
      """
      .const .align 4 .b32 table[32];
      .visible .entry k(.param .u64 p) {
        .reg .b32 %r<20>; .reg .b64 %rd<20>; .reg .f32 %f<20>; .reg .pred %p<9>;
        .shared .align 128 .b8 tile[8192];
        .local .align 16 .b8 frame[64];
        ld.param.u64 %rd1, [p];
        mov.u32 %r1, %tid.x;
        mul.wide.u32 %rd3, %r1, 4;
        add.s64 %rd2, %rd1, %rd3;
      """;

  private final SimDevice device =
      new SimDevice(
          SimOptions.standard().withTarget(Target.SM_90A).watchedBy(new LaunchCounting()));

  private final NdArray buffer = NdArray.of(device, new int[4096], 4096);

  @AfterEach
  void closeDevice() {
    device.close();
  }

  private Counters count(int threads, String body) {
    return countText(threads, HEADER + BEGIN + body + "ret;\n}\n");
  }

  private Counters countText(int threads, String text) {
    return device
        .load(PtxModule.parse("k.ptx", text))
        .kernel("k")
        .launch(SimLaunch.of(1, threads), buffer)
        .part(Counters.class)
        .orElseThrow();
  }

  private static Measures of(Counters counters, String mnemonic) {
    return counters.sum(line -> line.mnemonic().startsWith(mnemonic));
  }

  @Test
  void lanesOfShortWarpsAreThoseThereAre() {
    Counters counters = count(40, "add.s32 %r2, %r1, 1;\n");
    Measures add = of(counters, "add.s32");
    assertThat(add.get(Measure.EXECUTIONS)).isEqualTo(2);
    assertThat(add.get(Measure.LANES)).isEqualTo(40);
    assertThat(counters.total().get(Measure.EXECUTIONS)).isEqualTo(2 * 6);
    assertThat(counters.averageActiveLanes()).isEqualTo(20);
    assertThat(counters.of(InstructionClass.INTEGER).get(Measure.EXECUTIONS)).isEqualTo(6);
    assertThat(counters.launch().blocks()).isEqualTo(1);
  }

  @Test
  void guardsHoldLanesBack() {
    Counters counters =
        count(
            64,
            """
            setp.lt.u32 %p1, %r1, 10;
            @%p1 add.s32 %r2, %r1, 1;
            """);
    Measures add = of(counters, "add.s32");
    assertThat(add.get(Measure.EXECUTIONS)).isEqualTo(2);
    assertThat(add.get(Measure.LANES)).isEqualTo(10);
    assertThat(add.get(Measure.PREDICATED_OFF_LANES)).isEqualTo(22 + 32);
    assertThat(add.get(Measure.PREDICATED_OFF)).isEqualTo(1);
  }

  @Test
  void aBranchThatPartsAWarpIsDivergent() {
    Counters counters =
        count(
            64,
            """
            setp.lt.u32 %p1, %r1, 10;
            @%p1 bra LOW;
            add.s32 %r2, %r1, 1;
            bra JOIN;
            LOW:
            sub.s32 %r2, %r1, 1;
            JOIN:
            xor.b32 %r3, %r2, 1;
            """);
    assertThat(counters.total().get(Measure.DIVERGENT)).isEqualTo(1);
    assertThat(counters.branches()).isEqualTo(2 + 2);
    Measures branches = counters.sum(line -> line.mnemonic().equals("bra"));
    assertThat(branches.get(Measure.LANES)).isEqualTo(64 + 22 + 32);
    assertThat(branches.get(Measure.PREDICATED_OFF_LANES)).isZero();
    assertThat(of(counters, "add.s32").get(Measure.LANES)).isEqualTo(22 + 32);
    assertThat(of(counters, "sub.s32").get(Measure.LANES)).isEqualTo(10);
    // Both ways have met again.
    assertThat(of(counters, "xor.b32").get(Measure.EXECUTIONS)).isEqualTo(2);
  }

  @Test
  void globalRequestsTouchSectors() {
    Counters counters =
        count(
            32,
            """
            ld.global.u32 %r2, [%rd2];
            mul.wide.u32 %rd4, %r1, 128;
            add.s64 %rd5, %rd1, %rd4;
            st.global.u32 [%rd5], %r2;
            atom.global.add.u32 %r3, [%rd1], 1;
            red.global.add.u32 [%rd2], 1;
            ld.u32 %r4, [%rd2+4];
            """);
    Measures loads = counters.of(Direction.LOADS);
    assertThat(loads.get(Measure.GLOBAL_REQUESTS)).isEqualTo(2);
    assertThat(loads.get(Measure.GLOBAL_BYTES)).isEqualTo(256);
    assertThat(loads.get(Measure.GLOBAL_SECTORS)).isEqualTo(4 + 5);
    assertThat(loads.get(Measure.GLOBAL_IDEAL_SECTORS)).isEqualTo(8);
    assertThat(counters.of(Direction.STORES).get(Measure.GLOBAL_SECTORS)).isEqualTo(32);
    assertThat(counters.of(Direction.ATOMICS).get(Measure.GLOBAL_SECTORS)).isEqualTo(1);
    assertThat(counters.of(Direction.REDUCTIONS).get(Measure.GLOBAL_SECTORS)).isEqualTo(4);
    assertThat(counters.of(InstructionClass.GENERIC).get(Measure.EXECUTIONS)).isEqualTo(1);
    // Read: the first five; written: one in four of 128, and the first four.
    assertThat(counters.unique()).isEqualTo(new Counters.UniqueSectors(5, 32 + 3));
  }

  @Test
  void localMemoryIsInterleavedAndArgumentsOfCallsAreNoLocalMemory() {
    Counters counters =
        countText(
            32,
            HEADER
                + """
                .func (.param .b32 r) f(.param .b32 x) {
                  .reg .b32 %r<3>;
                  ld.param.b32 %r1, [x];
                  st.param.b32 [r], %r1;
                  ret;
                }
                """
                + BEGIN
                + """
                st.local.u32 [frame+4], %r1;
                ld.local.v4.u32 {%r2, %r3, %r4, %r5}, [frame];
                {
                .param .b32 a; .param .b32 b;
                st.param.b32 [a], %r1;
                call.uni (b), f, (a);
                ld.param.b32 %r6, [b];
                }
                ret;
                }
                """);
    Measures total = counters.total();
    assertThat(total.get(Measure.LOCAL_REQUESTS)).isEqualTo(2);
    assertThat(total.get(Measure.LOCAL_SECTORS)).isEqualTo(4 + 16);
    assertThat(total.get(Measure.LOCAL_IDEAL_SECTORS)).isEqualTo(4 + 16);
    assertThat(total.get(Measure.LOCAL_BYTES)).isEqualTo(32 * 20);
    assertThat(total.get(Measure.PARAMETER_REQUESTS)).isEqualTo(5);
    // Entry: 4 + 2 + 3 + ret; function: 3.
    assertThat(total.get(Measure.EXECUTIONS)).isEqualTo(13);
  }

  @Test
  void functionsOfTheSystemCountAsCallsOnly() {
    Counters counters =
        countText(
            32,
            HEADER
                + """
                .extern .func (.param .b64 r) malloc(.param .b64 size);
                """
                + BEGIN
                + """
                {
                .param .b64 a; .param .b64 b;
                st.param.b64 [a], 16;
                call.uni (b), malloc, (a);
                ld.param.b64 %rd6, [b];
                }
                ret;
                }
                """);
    Measures total = counters.total();
    assertThat(total.get(Measure.LOCAL_REQUESTS)).isZero();
    assertThat(total.get(Measure.PARAMETER_REQUESTS)).isEqualTo(3);
    assertThat(of(counters, "call").get(Measure.EXECUTIONS)).isEqualTo(1);
  }

  @Test
  void constantsCountDistinctAddresses() {
    Counters counters =
        count(
            32,
            """
            ld.const.u32 %r2, [table+8];
            mov.u64 %rd4, table;
            add.s64 %rd5, %rd4, %rd3;
            ld.const.u32 %r3, [%rd5];
            """);
    Measures total = counters.total();
    assertThat(total.get(Measure.CONSTANT_REQUESTS)).isEqualTo(2);
    assertThat(total.get(Measure.CONSTANT_ADDRESSES)).isEqualTo(1 + 32);
  }

  @Test
  void sharedMemoryCountsBanksOfVectorsAndAtomics() {
    Counters counters =
        count(
            32,
            """
            mov.u32 %r2, tile;
            mad.lo.s32 %r3, %r1, 16, %r2;
            st.shared.v4.u32 [%r3], {%r1, %r1, %r1, %r1};
            mad.lo.s32 %r4, %r1, 128, %r2;
            st.shared.u32 [%r4], %r1;
            atom.shared.add.u32 %r5, [%r2], 1;
            """);
    assertThat(of(counters, "st.shared.v4").get(Measure.SHARED_WAVEFRONTS)).isEqualTo(4);
    assertThat(of(counters, "st.shared.v4").bankConflicts()).isZero();
    assertThat(of(counters, "st.shared.u32").bankConflicts()).isEqualTo(31);
    assertThat(of(counters, "atom.shared").get(Measure.SHARED_WAVEFRONTS)).isEqualTo(32);
    assertThat(counters.launch().sharedBytes()).isEqualTo(8192);
  }

  @Test
  void copiesReadWhatTheySayAndWriteAll() {
    Counters counters =
        count(
            32,
            """
            mov.u32 %r2, tile;
            mad.lo.s32 %r3, %r1, 16, %r2;
            mul.wide.u32 %rd4, %r1, 16;
            add.s64 %rd5, %rd1, %rd4;
            setp.lt.u32 %p1, %r1, 8;
            selp.b32 %r4, 16, 4, %p1;
            cp.async.ca.shared.global [%r3], [%rd5], 16, %r4;
            cp.async.commit_group;
            cp.async.wait_group 0;
            """);
    Measures copies = counters.of(Direction.COPIES);
    assertThat(copies.get(Measure.GLOBAL_REQUESTS)).isEqualTo(1);
    assertThat(copies.get(Measure.GLOBAL_BYTES)).isEqualTo(8 * 16 + 24 * 4);
    assertThat(copies.get(Measure.GLOBAL_SECTORS)).isEqualTo(16);
    assertThat(copies.get(Measure.SHARED_BYTES)).isEqualTo(512);
    assertThat(copies.get(Measure.SHARED_WAVEFRONTS)).isEqualTo(4);
    assertThat(counters.asyncGroups()).isEqualTo(1);
  }

  @Test
  void linesOfTheSourceAddUp() {
    Counters counters =
        count(
            32,
            """
            .loc 1 7 1
            add.s32 %r2, %r1, 1;
            add.s32 %r3, %r1, 2;
            .loc 1 8 1
            st.global.u32 [%rd2], %r2;
            """);
    SourcePlace seven = new SourcePlace("kernel.cu", 7);
    assertThat(counters.sourceLines()).containsKeys(seven, new SourcePlace("kernel.cu", 8));
    assertThat(counters.sourceLines().get(seven).get(Measure.EXECUTIONS)).isEqualTo(2);
    assertThat(CountersReport.sourceLines(counters)).contains("kernel.cu:7", "kernel.cu:8");
    JsonNode json = CountersJson.withLines(counters);
    assertThat(json.get("sourceLines").get(1).get("globalSectors").asLong()).isEqualTo(4);
    assertThat(json.get("lines")).hasSize(counters.lines().size());
  }

  @Test
  void jsonHasEveryMeasureAndClass() {
    JsonNode json = CountersJson.of(count(32, ""));
    for (Measure measure : Measure.values()) {
      assertThat(json.get("total").has(measure.key())).as(measure.key()).isTrue();
    }
    for (InstructionClass kind : InstructionClass.values()) {
      assertThat(json.get("classes").has(kind.key())).as(kind.key()).isTrue();
    }
    for (Direction direction : Direction.values()) {
      assertThat(json.get("memory").has(direction.key())).as(direction.key()).isTrue();
    }
    assertThat(json.get("synchronisation").get("mbarrierEvents").has("phaseCompletes")).isTrue();
  }

  @Test
  void aLaunchThatStopsIsCountedUntilThen() {
    assertThatThrownBy(() -> count(32, "add.s32 %r2, %r1, 1;\ntrap;\n"))
        .isInstanceOf(SimFault.class);
    Counters counters = device.lastReport().part(Counters.class).orElseThrow();
    assertThat(of(counters, "add.s32").get(Measure.EXECUTIONS)).isEqualTo(1);
  }

  @Test
  void registersAreThoseThatLiveTogether() {
    // %r1, and %rd1 and %rd3 of 64 bits, which %rd2 may or may not follow in their place.
    assertThat(count(32, "st.global.u32 [%rd2], %r1;\n").launch().registers()).isBetween(5, 7);
  }

  @Test
  void annotatedTextHasTheLinesOfWhatWasLaunched() {
    String before = ".visible .entry before()\n{\nret;\n}\n";
    String after = ".visible .entry after()\n{\nret;\n}\n";
    String text = HEADER + before + BEGIN + "add.s32 %r2, %r1, 1;\nret;\n}\n" + after;
    Counters counters = countText(32, text);
    String annotated = AnnotatedPtx.of(counters, text.lines().toList());
    assertThat(annotated)
        .containsPattern("#### +1 +32.0 +\\| add.s32 %r2, %r1, 1;")
        .containsPattern("(?m)^ +\\| .visible .entry k")
        .contains(Counters.NOTES)
        .doesNotContain("before", "after");
  }
}
