package dev.kiln.runtime.sim.isa.memory;

import static dev.kiln.runtime.sim.ptx.PtxType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Machine;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressAndHintTest {
  private static final Map<String, Long> WINDOWS =
      Map.of(
          "global", 0L,
          "shared", AddressSpace.SHARED_BASE,
          "shared::cta", AddressSpace.SHARED_BASE,
          "shared::cluster", AddressSpace.SHARED_BASE,
          "local", AddressSpace.LOCAL_BASE,
          "const", AddressSpace.CONST_BASE,
          "param", AddressSpace.PARAM_BASE,
          "param::entry", AddressSpace.PARAM_BASE);

  @Test
  void conversionsShiftByTheWindow() {
    WINDOWS.forEach(
        (space, start) -> {
          SingleStep.of("cvta." + space + ".u64").out(U64).in(U64).expect(in -> in[0] + start);
          SingleStep.of("cvta.to." + space + ".u64").out(U64).in(U64).expect(in -> in[0] - start);
        });
  }

  @Test
  void conversionsNeedASpaceAnd64Bits() {
    assertThatThrownBy(() -> SingleStep.of("cvta.u64").out(U64).in(U64).run())
        .isInstanceOf(MalformedInstruction.class);
    assertThatThrownBy(() -> SingleStep.of("cvta.shared.u32").out(U32).in(U32).run())
        .isInstanceOf(UnsupportedInstruction.class);
  }

  @Test
  void spacesOfGenericAddressesAreTold() {
    try (Machine machine = new Machine(false, 2)) {
      long[] addresses = new long[Warp.LANES];
      addresses[1] = AddressSpace.GLOBAL_BASE + 5;
      addresses[2] = AddressSpace.SHARED_BASE;
      addresses[3] = AddressSpace.SHARED_BASE + (1L << AddressSpace.RANK_SHIFT);
      addresses[4] = AddressSpace.SHARED_BASE + (2L << AddressSpace.RANK_SHIFT);
      addresses[5] = AddressSpace.LOCAL_BASE + 16;
      addresses[6] = AddressSpace.CONST_BASE + AddressSpace.SHARED_WINDOW - 1;
      addresses[7] = AddressSpace.PARAM_BASE;
      addresses[8] = AddressSpace.HEAP_BASE;
      Map<String, Integer> wanted =
          Map.of(
              "global", 0b1_0000_0011,
              "shared", 0b1_0100,
              "shared::cta", 0b1_0100,
              "shared::cluster", 0b1_1100,
              "local", 0b10_0000,
              "const", 0b100_0000,
              "param", 0b1000_0000);
      wanted.forEach(
          (space, lanes) ->
              assertThat(
                      SingleStep.of("isspacep." + space)
                              .out(PRED)
                              .in(U64, addresses)
                              .active(0x1ff)
                              .block(machine.block)
                              .run()
                              .predicate(0)
                          & 0x1ff)
                  .as(space)
                  .isEqualTo(lanes));
    }
  }

  /** Writes down what it hears. */
  private static final class Ear implements Monitor {
    private final List<String> heard = new ArrayList<>();

    @Override
    public void fences(Warp warp, Step step, int lanes, Access.Order order, Access.Scope scope) {
      heard.add(order + " " + scope);
    }

    @Override
    public void proxyFences(Warp warp, Step step, int lanes) {
      heard.add("PROXY");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "membar.cta, ACQUIRE_RELEASE CTA",
    "membar.gl, ACQUIRE_RELEASE GPU",
    "membar.sys, ACQUIRE_RELEASE SYSTEM",
    "fence.sc.cta, ACQUIRE_RELEASE CTA",
    "fence.acq_rel.gpu, ACQUIRE_RELEASE GPU",
    "fence.sc.cluster, ACQUIRE_RELEASE CLUSTER",
    "fence.acquire.sys, ACQUIRE SYSTEM",
    "fence.release.gpu, RELEASE GPU",
    "fence.mbarrier_init.release.cluster, RELEASE CLUSTER",
    "fence.acquire.sync_restrict::shared::cluster.cluster, ACQUIRE_RELEASE CLUSTER",
    "fence.proxy.async, PROXY",
    "fence.proxy.alias, PROXY",
    "fence.proxy.async.shared::cta, PROXY",
    "fence.proxy.async.global, PROXY",
    "fence.proxy.tensormap::generic.release.gpu, PROXY",
    "membar.proxy.async, PROXY"
  })
  void fencesAreHeard(String mnemonic, String heard) {
    Ear ear = new Ear();
    SingleStep.of(mnemonic).monitor(ear).run();
    assertThat(ear.heard).containsExactly(heard);
  }

  @Test
  void fencesNeedAScope() {
    for (String wrong : List.of("fence.acq_rel", "membar", "fence.sc.cta.gpu", "fence.sc.foo")) {
      assertThatThrownBy(() -> SingleStep.of(wrong).run())
          .as(wrong)
          .isInstanceOf(MalformedInstruction.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "prefetch.global.L1",
    "prefetch.global.L2::evict_last",
    "prefetchu.L1",
    "prefetch.tensormap",
    "prefetch.param.tensormap"
  })
  void hintsHaveNoEffectOnAnyAddress(String mnemonic) {
    SingleStep.of(mnemonic).memory(U64, 0, new long[] {3}).run();
  }

  @Test
  void hintsWithASizeTakeAConstant() {
    SingleStep.of("applypriority.global.L2::evict_normal")
        .memory(U64, 0, new long[] {0})
        .literal(128)
        .run();
    SingleStep.of("discard.global.L2").memory(U64, 0, new long[] {0}).literal(128).run();
  }

  @Test
  void policiesAreOpaqueButFixed() {
    long[] first =
        SingleStep.of("createpolicy.fractional.L2::evict_first.b64").out(B64).run().out(0);
    long[] second =
        SingleStep.of("createpolicy.fractional.L2::evict_first.b64")
            .out(B64)
            .literal(1.0f)
            .run()
            .out(0);
    assertThat(first).isEqualTo(second);
    SingleStep.of("createpolicy.cvt.L2.b64").out(B64).in(B64).run();
    SingleStep.of("createpolicy.range.global.L2::evict_last.L2::evict_unchanged.b64")
        .out(B64)
        .memory(U64, 0, new long[] {0})
        .in(B32)
        .in(B32)
        .run();
  }
}
