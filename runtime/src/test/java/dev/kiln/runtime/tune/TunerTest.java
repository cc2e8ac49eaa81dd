package dev.kiln.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.cache.CacheSettings;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.cache.KernelFacts;
import dev.kiln.runtime.cache.TuningOutcome;
import dev.kiln.runtime.tune.TuningChoice.Candidate;
import dev.kiln.runtime.tune.TuningChoice.Source;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TunerTest {
  private static final TritonConfig SMALL = TritonConfig.EMPTY.with("BLOCK", 16);
  private static final TritonConfig LARGE = TritonConfig.EMPTY.with("BLOCK", 64);

  private static final TuningKey KEY =
      new TuningKey(
          new KernelFacts("k", new byte[1], new byte[1], List.of(), false, List.of(), List.of("n")),
          "abacus",
          List.of(5L),
          List.of(),
          Optional.empty());

  private final TuningRecords records =
      new TuningRecords(new CompileCache(CacheSettings.off("off"), warning -> {}));

  /** A launch that has nothing but its configurations. */
  private record Request(boolean mayTry, boolean isCapturing) implements TuningRequest {
    @Override
    public String kernel() {
      return "k";
    }

    @Override
    public Device device() {
      return (Device)
          Proxy.newProxyInstance(
              Device.class.getClassLoader(),
              new Class<?>[] {Device.class},
              (proxy, method, args) -> isCapturing);
    }

    @Override
    public List<TritonConfig> configurations() {
      return List.of(SMALL, LARGE);
    }

    @Override
    public TuningKey key() {
      return KEY;
    }

    @Override
    public List<TritonConfig> pruned() {
      return configurations();
    }

    @Override
    public Trials trials() {
      throw new AssertionError("nothing is to be tried");
    }

    @Override
    public Trials trialsOn(Device other) {
      return trials();
    }
  }

  private TuningChoice choose(boolean mayTry, boolean isCapturing) {
    return new TuningPolicy.Measure(records, trial -> 1).choose(new Request(mayTry, isCapturing));
  }

  private void know() {
    records.keep(KEY, SMALL, TuningOutcome.took(200));
    records.keep(KEY, LARGE, TuningOutcome.took(100));
  }

  @Test
  void nothingIsMeasuredWhileAGraphIsCaptured() {
    assertThatThrownBy(() -> choose(true, true))
        .isInstanceOf(LaunchException.class)
        .hasMessage(
            "kernel 'k': its configurations cannot be tried while a graph is captured; launch it"
                + " once before, or take the first by TuningPolicy.FIRST");
    know();
    assertThat(choose(true, true).config()).isEqualTo(LARGE);
  }

  @Test
  void withoutALaunchWhatIsKnownIsTakenForNow() {
    TuningChoice choice = choose(false, false);
    assertThat(choice.config()).isEqualTo(SMALL);
    assertThat(choice.holds()).isFalse();
    assertThat(choice.candidates())
        .extracting(Candidate::source)
        .containsExactly(Source.UNKNOWN, Source.UNKNOWN);
    know();
    assertThat(choose(false, false).config()).isEqualTo(LARGE);
    assertThat(choose(true, false).candidates())
        .extracting(Candidate::source)
        .containsExactly(Source.KEPT, Source.KEPT);
  }

  @Test
  void tablesMarkTheChosenOne() {
    know();
    assertThat(choose(true, false).table())
        .containsExactly(
            "  Config({'BLOCK': 16})   200.0 ns  kept", "* Config({'BLOCK': 64})   100.0 ns  kept");
  }

  @Test
  void aFixedConfigurationIsTakenWhateverThereIs() {
    TritonConfig other = TritonConfig.EMPTY.with("BLOCK", 8);
    assertThat(new TuningPolicy.Fixed(other).choose(new Request(true, false)).config())
        .isEqualTo(other);
  }
}
