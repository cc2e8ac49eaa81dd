package dev.kiln.runtime.sim.monitor.race;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.MonitorChain;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares findings with those of {@link DenseRaces} on random sequences of accesses. */
class RandomProgramsTest {
  private static final int BLOCKS = 2;
  private static final int THREADS = 64;

  private static final String[] GUARDS = {"", "", "", "@%p0 ", "@%p1 ", "@%p2 ", "@%p3 ", "@%p4 "};
  private static final String[] PLACES = {"%a0", "%a1", "%a2", "%a3"};
  private static final String[] SCOPES = {"cta", "gpu"};

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void findRacesWhereThereAreSome(int seed) {
    compare(new Random(seed), 60);
  }

  @Test
  @Tag("slow")
  void findRacesInManyPrograms() {
    compare(new Random(99), 1500);
  }

  private static void compare(Random random, int programs) {
    int clean = 0;
    for (int i = 0; i < programs; i++) {
      String text = program(random);
      DenseRaces expected = new DenseRaces(BLOCKS * THREADS);
      Findings findings = new Findings();
      run(text, random.nextLong(), findings, expected);
      Set<List<Integer>> found = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
      for (Findings.Counted counted : findings.all()) {
        Finding finding = counted.finding();
        found.add(List.of(finding.where().site().pc(), finding.other().orElseThrow().site().pc()));
      }
      assertThat(expected.pairs).as(text).containsAll(found);
      assertThat(found.isEmpty())
          .as("%s%s", expected.pairs, text)
          .isEqualTo(expected.pairs.isEmpty());
      clean += found.isEmpty() ? 1 : 0;
    }
    assertThat(clean).as("programs without races").isBetween(programs / 20, programs * 19 / 20);
  }

  private static void run(String text, long seed, Findings findings, DenseRaces expected) {
    SimOptions options =
        SimOptions.standard()
            .withExecutor(ExecutorOptions.standard().withThreads(1).withSeed(seed))
            .watchedBy(
                (program, grid) ->
                    thread -> MonitorChain.of(List.of(new RaceSanitizer(findings), expected)));
    try (SimDevice device = new SimDevice(options)) {
      Buffer buffer = device.allocate(4096);
      device
          .load(PtxModule.parse("random.ptx", text))
          .kernel("kernel")
          .launch(SimLaunch.of(BLOCKS, THREADS), buffer);
    }
  }

  private static String program(Random random) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        .version 8.0
        .target sm_80
        .address_size 64
        .visible .entry kernel(.param .u64 p) {
          .reg .pred %p<5>;
          .reg .b32 %t, %l, %s, %r<4>, %a<4>;
          .reg .b64 %d, %o, %g<4>;
          .shared .align 16 .b8 smem[1024];
          mov.u32 %t, %tid.x;
          and.b32 %l, %t, 31;
          setp.eq.u32 %p0, %t, 0;
          setp.eq.u32 %p1, %t, 37;
          setp.lt.u32 %p2, %l, 16;
          setp.ge.u32 %p3, %t, 32;
          and.b32 %r0, %t, 1;
          setp.eq.u32 %p4, %r0, 0;
          mov.u32 %s, smem;
          shl.b32 %r0, %t, 4;
          and.b32 %a0, %r0, 48;
          mov.u32 %a1, %r0;
          xor.b32 %a2, %r0, 512;
          xor.b32 %a3, %r0, 16;
          ld.param.u64 %d, [p];
          mov.u32 %r1, %ctaid.x;
          mul.wide.u32 %o, %r1, 16;
        """);
    for (int i = 0; i < PLACES.length; i++) {
      text.append("  cvt.u64.u32 %%g%d, %%a%d;\n".formatted(i, i));
      text.append("  add.u64 %%g%d, %%g%d, %%d;\n".formatted(i, i));
      text.append(i == 1 ? "  add.u64 %g1, %g1, %o;\n" : "");
      text.append("  add.u32 %%a%d, %%a%d, %%s;\n".formatted(i, i));
    }
    int length = 3 + random.nextInt(10);
    for (int i = 0; i < length; i++) {
      text.append("  ").append(instruction(random)).append(";\n");
    }
    return text.append("  ret;\n}\n").toString();
  }

  private static String instruction(Random random) {
    String guard = pick(random, GUARDS);
    boolean global = random.nextInt(3) == 0;
    String space = global ? "global" : "shared";
    String place = "[%" + (global ? "g" : "a") + random.nextInt(PLACES.length) + "]";
    String scope = pick(random, SCOPES);
    return switch (random.nextInt(16)) {
      case 0, 1 -> "bar.sync 0";
      case 2 -> "bar.warp.sync 0xffffffff";
      case 3 -> "@%p2 bar.warp.sync 0x0000ffff";
      case 4 -> guard + "fence.acq_rel." + scope;
      case 5 -> guard + "red.relaxed." + scope + "." + space + ".add.u32 " + place + ", 1";
      case 6 -> guard + "atom.acq_rel." + scope + "." + space + ".add.u32 %r2, " + place + ", 1";
      case 7 -> guard + "ld.acquire." + scope + "." + space + ".u32 %r2, " + place;
      case 8 -> guard + "st.release." + scope + "." + space + ".u32 " + place + ", 1";
      case 9 -> guard + "st.relaxed." + scope + "." + space + ".u32 " + place + ", 1";
      case 10 -> guard + "ld.volatile." + space + ".u32 %r2, " + place;
      case 11 -> guard + "st." + space + ".u8 " + place + ", %t";
      case 12 -> guard + "ld." + space + ".v2.u32 {%r2, %r3}, " + place;
      case 13 -> guard + "st." + space + ".u32 " + place + ", %t";
      default -> guard + "ld." + space + ".u32 %r2, " + place;
    };
  }

  private static String pick(Random random, String[] choices) {
    return choices[random.nextInt(choices.length)];
  }
}
