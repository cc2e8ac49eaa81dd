package dev.kiln.compiler.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Verifier;
import org.junit.jupiter.api.Test;

class MemoryEffectsTest {
  /** Of a function with parameters n (0, an integer of 64 bits), p (1), q (2). */
  private static MemoryEffects effects(String ops) {
    TileFunction function =
        Parser.parseFunction("func @f(%n: i64, %p: *i64, %q: *i64) {\n" + ops + "\nreturn\n}");
    Verifier.verify(function);
    return MemoryEffects.of(function);
  }

  @Test
  void tellsReadsFromWrites() {
    MemoryEffects effects = effects("%x = load %p : i64\n store %q, %x");
    assertThat(effects.reads(1)).isTrue();
    assertThat(effects.writes(1)).isFalse();
    assertThat(effects.reads(2)).isFalse();
    assertThat(effects.writes(2)).isTrue();
    assertThat(effects.writesAnywhere()).isFalse();
    assertThat(effects.countsPrograms()).isFalse();
  }

  @Test
  void findsAccessesInLoops() {
    MemoryEffects effects =
        effects(
            """
            %zero = constant 0 : i32
            %one = constant 1 : i32
            for %i: i32 = %zero to %one step %one {
              store %p, %n
              yield
            }
            """);
    assertThat(effects.writes(1)).isTrue();
    assertThat(effects.writes(2)).isFalse();
  }

  @Test
  void anAddressThatWasANumberReachesAnywhere() {
    MemoryEffects effects = effects("%a = inttoptr %n : *i64\n store %a, %n");
    assertThat(effects.writesAnywhere()).isTrue();
    assertThat(effects.writes(1)).isTrue();
    assertThat(effects.readsAnywhere()).isFalse();
  }

  @Test
  void tellsWhetherProgramsAreCounted() {
    assertThat(effects("%a = num_programs [axis = 0] : i32").countsPrograms()).isTrue();
  }
}
